"""What is shown, in the words and the key order that readers of status pages know. Pure: the same picture, the same bytes."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.flow.components import Component, ComponentState
from webapp.flow.surface import ShownComponent, ShownIncident, Surface
from webapp.web.timeline import Entry, timeline

Shape = dict[str, object]
DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
    "maintenance": "Service Under Maintenance",
}


@dataclass(frozen=True, slots=True)
class Shapes:
    """One picture of everything, to be told part by part."""

    shown: Surface
    public_url: str

    def page(self) -> Shape:
        """Whose page it is."""
        ours = self.shown.organisation
        return {
            "id": ours.page_id,
            "name": ours.name,
            "url": self.public_url,
            "time_zone": ours.time_zone,
            "updated_at": self._moment(self.shown.updated_at),
        }

    def status(self) -> Shape:
        """The whole in one word and one line."""
        return {"indicator": self.shown.impact, "description": DESCRIPTIONS[self.shown.impact]}

    def components(self) -> list[Shape]:
        """Groups and their members in one list."""
        return [self._component(part) for part in self.shown.flat_components]

    def incidents(self, shown: list[ShownIncident]) -> list[Shape]:
        """Those of them that are no planned work."""
        return [self._incident(each) for each in shown if not each.incident.is_maintenance]

    def maintenances(self, shown: list[ShownIncident]) -> list[Shape]:
        """Those of them that are planned work."""
        return [
            self._incident(each)
            | {
                "scheduled_for": self._moment(each.incident.started_at),
                "scheduled_until": self._moment(each.incident.expected_end_at),
            }
            for each in shown
            if each.incident.is_maintenance
        ]

    def _component(self, part: ShownComponent) -> Shape:
        shape: Shape = self._own(part.component, part.state)
        return (
            shape | {"components": [child.component.public_id for child in part.children]}
            if part.component.is_group
            else shape
        )

    def _own(self, component: Component, state: ComponentState) -> Shape:
        groups = {part.component.id: part.component.public_id for part in self.shown.flat_components}
        return {
            "id": component.public_id,
            "name": component.name,
            "status": state,
            "created_at": self._moment(component.created_at),
            "updated_at": self._moment(self._changed_at(component)),
            "position": component.position,
            "description": component.description or None,
            "showcase": False,
            "start_date": None,
            "group_id": groups.get(component.group_id) if component.group_id else None,
            "page_id": self.shown.organisation.page_id,
            "group": component.is_group,
            "only_show_if_degraded": False,
        }

    def _incident(self, each: ShownIncident) -> Shape:
        language = self.shown.organisation.languages[0]
        said = timeline(each, language=language, default_language=language)
        watched = next((entry.at for entry in reversed(said) if entry.status == "monitoring"), None)
        return {
            "id": each.incident.public_id,
            "name": each.name,
            "status": each.status,
            "created_at": self._moment(each.published_at),
            "updated_at": self._moment(each.changed_at(self.shown.at)),
            "monitoring_at": self._moment(watched),
            "resolved_at": self._moment(each.ended_at),
            "impact": each.impact,
            "shortlink": f"{self.public_url}/incidents/{each.incident.public_id}",
            "started_at": self._moment(each.incident.started_at),
            "page_id": self.shown.organisation.page_id,
            "incident_updates": [self._update(each, entry, is_first=entry is said[-1]) for entry in said],
            "components": [self._own(component, self._now(component)) for component, _ in each.components],
        }

    def _update(self, each: ShownIncident, entry: Entry, *, is_first: bool) -> Shape:
        at = self._moment(entry.at)
        return {
            "id": entry.id,
            "status": entry.status,
            "body": entry.plain,
            "incident_id": each.incident.public_id,
            "created_at": at,
            "updated_at": at,
            "display_at": at,
            "affected_components": self._affected(each, entry, is_first=is_first) or None,
            "deliver_notifications": entry.is_notice,
            "custom_tweet": None,
            "tweet_id": None,
        }

    def _affected(self, each: ShownIncident, entry: Entry, *, is_first: bool) -> list[Shape]:
        works = ComponentState.operational
        return [
            {
                "code": component.public_id,
                "name": self._full_name(component),
                "old_status": works if is_first else state,
                "new_status": works if entry.status.is_end or entry.status == "scheduled" else state,
            }
            for component, state in each.components
        ]

    def _full_name(self, component: Component) -> str:
        groups = {part.component.id: part.component.name for part in self.shown.flat_components}
        group = groups.get(component.group_id) if component.group_id else None
        return f"{group} - {component.name}" if group else component.name

    def _now(self, component: Component) -> ComponentState:
        states = {part.component.id: part.state for part in self.shown.flat_components}
        return states.get(component.id, ComponentState.operational)

    def _changed_at(self, component: Component) -> datetime:
        every = [*self.shown.open, *self.shown.history]
        touching = [each for each in every if any(part.id == component.id for part, _ in each.components)]
        return max([component.updated_at, *(each.changed_at(self.shown.at) for each in touching)])

    def _moment(self, at: datetime | None) -> str | None:
        """RFC 3339 with milliseconds, in the page's zone."""
        if at is None:
            return None
        local = at.astimezone(ZoneInfo(self.shown.organisation.time_zone))
        return local.isoformat(timespec="milliseconds").replace("+00:00", "Z")
