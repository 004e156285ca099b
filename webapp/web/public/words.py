"""What the status page says, apart from the notices."""

from webapp.web.spoken import Words

WORDS: dict[str, Words] = {
    "en": {
        "all_operational": "Everything works",
        "all_under_maintenance": "Planned work is under way",
        "all_degraded_performance": "Some services are slow",
        "all_partial_outage": "Some services do not work",
        "all_major_outage": "Important services are down",
        "all_warning": "There is something to look out for",
        "now": "Now", "services": "Services", "upcoming": "Planned work", "recent": "The last 14 days",
        "nothing": "No incidents", "to": "to", "all_history": "All history", "earlier": "Earlier", "later": "Later",
        "what": "Services", "where": "Where", "everywhere": "Everywhere", "since": "Since", "from": "From", "until": "Expected until",
        "planned_until": "Until", "ended": "Ended", "next": "Next update", "reference": "Reference", "do": "What you can do",
        "alert": "Notice", "update": "Update", "error": "Correction", "cancel": "All clear",
        "in_force_until": "In force until", "in_force": "In force", "no_longer": "No longer in force",
        "all_updates": "All updates", "timeline": "What we have said", "latest": "Latest",
        "ask": "Be told when something concerns you", "ask_more": "By SMS or email, only about the services and places that you choose.",
    },
    "sv": {
        "all_operational": "Allt fungerar",
        "all_under_maintenance": "Planerat arbete pågår",
        "all_degraded_performance": "Vissa tjänster är långsamma",
        "all_partial_outage": "Vissa tjänster fungerar inte",
        "all_major_outage": "Viktiga tjänster ligger nere",
        "all_warning": "Det finns något att se upp med",
        "now": "Just nu", "services": "Tjänster", "upcoming": "Planerat arbete", "recent": "De senaste 14 dagarna",
        "nothing": "Inga störningar", "to": "till", "all_history": "All historik", "earlier": "Tidigare", "later": "Senare",
        "what": "Tjänster", "where": "Var", "everywhere": "Överallt", "since": "Sedan", "from": "Från", "until": "Väntas vara till",
        "planned_until": "Till", "ended": "Slutade", "next": "Nästa besked", "reference": "Referens", "do": "Det här kan du göra",
        "alert": "Meddelande", "update": "Uppdatering", "error": "Rättelse", "cancel": "Faran över",
        "in_force_until": "Gäller till", "in_force": "Gäller", "no_longer": "Gäller inte längre",
        "all_updates": "Alla besked", "timeline": "Det här har vi sagt", "latest": "Senast",
        "ask": "Få veta när något rör dig", "ask_more": "Med sms eller mejl, bara om de tjänster och platser som du väljer.",
    },
}  # fmt: skip
