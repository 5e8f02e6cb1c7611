"""Everything that may happen in a life: the table of rules.

What can be done newly gets a kind in `deeds`, a line in `house` (how it is done) and in
`oracle` (what follows), its refusals in `refusals`, and a rule in a module here.
"""

from tests.stateful.rules_of_definitions import RulesOfDefinitions
from tests.stateful.rules_of_holds import RulesOfHolds
from tests.stateful.rules_of_people import RulesOfPeople
from tests.stateful.rules_of_places import RulesOfPlaces
from tests.stateful.rules_of_records import RulesOfRecords


class AnyLife(
    RulesOfPlaces, RulesOfDefinitions, RulesOfHolds, RulesOfPeople, RulesOfRecords
):
    """One organisation, from its founding on."""
