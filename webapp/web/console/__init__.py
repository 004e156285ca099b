"""What people who file, approve and run see."""
