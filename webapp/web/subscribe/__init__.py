"""How people ask to be told, change it and leave."""
