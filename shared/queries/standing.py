"""Who stands under whom: business units, records of one entity, a manager's people."""

from collections.abc import Callable, Iterator
from typing import Final

from shared.domain.goals import ID_LENGTH_MAX, Link
from shared.queries.conditions import Hierarchy
from shared.queries.eyes import Eyes, Manager, Sight
from shared.queries.operators import Operator

STEPS_MAX: Final = 64

# From the id of one to the id of the one above.
Step = Callable[[str, Eyes, Sight], str | None]
Stands = Callable[[str, Eyes, Sight], bool]
# Whether an id is one of a manager's.
Belongs = Callable[[Manager, str], bool]


def stands(operator: Operator, named: str, hierarchy: Hierarchy | None) -> Stands:
    """Return whether an id stands so to the named one, `not-under` taken as `under`."""
    step = _unit_above if hierarchy is None else _record_above(hierarchy)

    def under(name: str, eyes: Eyes, sight: Sight) -> bool:
        return named in _above(name, step, eyes, sight)

    def eq_or_under(name: str, eyes: Eyes, sight: Sight) -> bool:
        return name == named or named in _above(name, step, eyes, sight)

    def above(name: str, eyes: Eyes, sight: Sight) -> bool:
        return name in _above(named, step, eyes, sight)

    def eq_or_above(name: str, eyes: Eyes, sight: Sight) -> bool:
        return name == named or name in _above(named, step, eyes, sight)

    return {
        Operator.UNDER: under,
        Operator.EQ_OR_UNDER: eq_or_under,
        Operator.NOT_UNDER: under,
        Operator.ABOVE: above,
        Operator.EQ_OR_ABOVE: eq_or_above,
    }[operator]


def _above(name: str, step: Step, eyes: Eyes, sight: Sight) -> Iterator[str]:
    """Return those above one by one, until it begins to go in a circle."""
    seen = {name}
    for _ in range(STEPS_MAX):
        above = step(name, eyes, sight)
        if above is None or above in seen:
            return
        yield above
        seen.add(above)
        name = above


def _unit_above(name: str, eyes: Eyes, _sight: Sight) -> str | None:
    return eyes.around.parent_of_unit.get(name)


def _record_above(hierarchy: Hierarchy) -> Step:
    link = Link(link=hierarchy.via, entity=hierarchy.entity)
    prefix = f"{hierarchy.entity}/"

    def step(name: str, _eyes: Eyes, sight: Sight) -> str | None:
        if not 0 < len(name) <= ID_LENGTH_MAX:
            return None
        record = sight.look(prefix + name)
        above = None if record is None else link.parent_key(record.attributes)
        return None if above is None else above[len(prefix) :]

    return step


def _nobody(_manager: Manager, _name: str) -> bool:
    return False


def _is_manager(manager: Manager, name: str) -> bool:
    return name == manager.id


def _is_team(manager: Manager, name: str) -> bool:
    return name in manager.teams


def _is_manager_or_report(manager: Manager, name: str) -> bool:
    return name == manager.id or name in manager.reports


def _is_team_of_both(manager: Manager, name: str) -> bool:
    return name in manager.teams or name in manager.teams_of_reports


# Which users, and which teams, an operator means.
PEOPLE: Final[dict[Operator, tuple[Belongs, Belongs]]] = {
    Operator.EQ_USERID: (_is_manager, _nobody),
    Operator.NE_USERID: (_is_manager, _nobody),
    Operator.EQ_USERTEAMS: (_nobody, _is_team),
    Operator.EQ_USERORUSERTEAMS: (_is_manager, _is_team),
    Operator.EQ_USERORUSERHIERARCHY: (_is_manager_or_report, _nobody),
    Operator.EQ_USERORUSERHIERARCHYANDTEAMS: (_is_manager_or_report, _is_team_of_both),
}
