"""The words that all public pages share, in the languages that the pages speak; notices may be written in others too."""

from collections.abc import Mapping

Words = Mapping[str, str]
SHARED: dict[str, dict[str, str]] = {
    "en": {
        "status": "Status", "history": "History", "subscribe": "Get notices", "skip": "Skip to the content",
        "as_of": "As of", "times": "Times are those of", "language": "Language", "main": "Main",
        "for_programs": "For programs", "to_status": "To the status page", "my_link": "Change what you get",
        "operational": "Works", "under_maintenance": "Maintenance", "degraded_performance": "Slow",
        "partial_outage": "Partly down", "major_outage": "Down",
        "investigating": "Investigating", "identified": "Cause known", "monitoring": "Watching", "resolved": "Resolved",
        "scheduled": "Planned", "in_progress": "Under way", "verifying": "Checking", "completed": "Done",
        "investigating_said": "We are looking into it.", "identified_said": "We know the cause and are working on it.",
        "monitoring_said": "It should work again. We keep watching it.", "resolved_said": "It is over.",
        "scheduled_said": "This work is planned.", "in_progress_said": "The work has begun.",
        "verifying_said": "The work is done. We are checking it.", "completed_said": "The work is finished.",
    },
    "sv": {
        "status": "Driftläge", "history": "Historik", "subscribe": "Få besked", "skip": "Hoppa till innehållet",
        "as_of": "Läget", "times": "Tiderna är de i", "language": "Språk", "main": "Huvudmeny",
        "for_programs": "För program", "to_status": "Till driftläget", "my_link": "Ändra vad du får",
        "operational": "Fungerar", "under_maintenance": "Underhåll", "degraded_performance": "Långsamt",
        "partial_outage": "Delvis nere", "major_outage": "Nere",
        "investigating": "Undersöks", "identified": "Orsaken är känd", "monitoring": "Bevakas", "resolved": "Löst",
        "scheduled": "Planerat", "in_progress": "Pågår", "verifying": "Kontrolleras", "completed": "Klart",
        "investigating_said": "Vi undersöker saken.", "identified_said": "Vi vet orsaken och arbetar med den.",
        "monitoring_said": "Det bör fungera igen. Vi fortsätter att bevaka det.", "resolved_said": "Det är över.",
        "scheduled_said": "Arbetet är planerat.", "in_progress_said": "Arbetet har börjat.",
        "NotFound": "Det finns ingen sådan sida. Adressen är kanske inte hel, eller så är den för gammal.",
        "TooMany": "För många försök. Försök igen om en timme.",
        "verifying_said": "Arbetet är gjort. Vi kontrollerar det.", "completed_said": "Arbetet är klart.",
    },
}  # fmt: skip


def spoken_in(language: str) -> str:
    """The language of the page's own words: English where we do not speak the reader's."""
    return language if language in SHARED else "en"


def words(language: str, own: Mapping[str, Words]) -> Words:
    """Some pages' own words, and the shared ones."""
    spoken = spoken_in(language)
    return {**SHARED[spoken], **own[spoken]}
