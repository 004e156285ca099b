"""Languages by their own names, for those who choose among them."""

NAMES = {
    "en": "English", "sv": "Svenska", "fi": "Suomi", "nb": "Norsk", "da": "Dansk", "de": "Deutsch", "fr": "Français",
    "es": "Español", "pl": "Polski", "uk": "Українська", "ar": "العربية", "so": "Soomaali", "se": "Davvisámegiella",
}  # fmt: skip
