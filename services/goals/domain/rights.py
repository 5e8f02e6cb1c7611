"""What a caller may do with goals, and with what is about no single goal.

`Rights.on` is the one rule (semantics, section 11); `store/visible.py` says its reading
part in SQL, and a test holds the two to each other. To systems, which are no users of
the directory, nothing of it applies: their scopes alone say what they may.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from services.goals.domain.callers import Caller, Scope
from services.goals.domain.errors import RIGHT_MISSING, RefusedError
from services.goals.domain.periods import is_same
from services.goals.domain.versions import not_found
from shared.domain.goals import Goal, GoalRight
from shared.rights.access import EVERYTHING, Access
from shared.rights.people import People
from shared.rights.roles import Action, Right
from shared.rights.veil import Hidden

# What roles call a goal; its owner, to them, is its manager.
GOAL: Final = "goal"

ALL: Final = frozenset(GoalRight)
_OF_OWNER: Final = frozenset({GoalRight.READ, GoalRight.APPEND_TO})
# With one of these somebody may change something of a goal.
SOME_WRITING: Final = frozenset({GoalRight.WRITE, GoalRight.ASSIGN, GoalRight.SHARE})
NONE: Final[frozenset[GoalRight]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """A caller, with the people of the directory at the moment of what he asks."""

    caller: Caller
    people: People

    @property
    def user(self) -> str | None:
        """The user of the directory that the caller is; None: a system."""
        return self.caller.user_id

    @property
    def principals(self) -> frozenset[str]:
        """The keys of the user, and of the teams of his."""
        if self.user is None:
            return frozenset()
        teams = self.people.manager(self.user).teams
        return frozenset([f"user/{self.user}", *(f"team/{team}" for team in teams)])

    def on(self, goal: Goal, manager_of_parent: str | None) -> frozenset[GoalRight]:
        """Return what the caller may do with a goal."""
        user = self.user
        if user is None or goal.manager_id == user:
            return ALL
        principals = self.principals
        found = {
            right
            for right in GoalRight
            if self._has_been_given(right, goal, principals)
        }
        if goal.owner.key in principals:
            found |= _OF_OWNER
        if manager_of_parent == user:
            found.add(GoalRight.READ)
        return frozenset(found)

    def shown(self, rights: Collection[GoalRight]) -> list[GoalRight]:
        """Return rights in their order, as far as the caller's token allows them."""
        scopes = {GoalRight.READ: Scope.GOALS_READ}
        return [
            right
            for right in GoalRight
            if right in rights and self.caller.has(scopes.get(right, Scope.GOALS_WRITE))
        ]

    def to(self, right: GoalRight) -> Access:
        """Return with whose goals roles let the caller do something."""
        if self.user is None:
            return EVERYTHING
        return self.people.access(self.user, GOAL, Action(right))

    def has(self, right: Right) -> bool:
        """Tell whether the caller has a right that is about no single goal."""
        return self.user is None or right in self.people.rights(self.user)

    def records(self, entity: str) -> Access:
        """Return which records of an entity the caller may read."""
        return (
            EVERYTHING if self.user is None else self.people.access(self.user, entity)
        )

    @property
    def hidden(self) -> Hidden:
        """The attributes that are null to the caller, entity by entity."""
        return {} if self.user is None else self.people.hidden_from(self.user)

    def check(
        self, goal: Goal, mine: Collection[GoalRight], needed: Iterable[GoalRight]
    ) -> None:
        """Refuse a caller to whom a right on a goal is missing.

        To one who may not even read it, there is no such goal.
        """
        if self.user is None:
            return
        if GoalRight.READ not in mine:
            raise not_found(f"goal {goal.id}")
        lacking = [right for right in GoalRight if right in set(needed) - set(mine)]
        if lacking:
            raise RefusedError(
                RIGHT_MISSING,
                f"{self.caller.name} lacks the right {', '.join(lacking)} on goal "
                f"{goal.id}; ask {goal.manager_id}, who manages it, or have a role "
                "give it",
            )

    def check_creates(
        self, goal: Goal, parent: Goal | None, mine_on_parent: Collection[GoalRight]
    ) -> None:
        """Refuse a new goal to whom roles do not let make it, nor manage its parent."""
        if self.user is None:
            return
        if parent is not None:
            if parent.manager_id == self.user:
                return
            self.check(parent, mine_on_parent, [GoalRight.APPEND_TO])
        self._check_creates_of(self.user, goal)
        if goal.manager_id != self.user and not self._reaches(
            Action.ASSIGN, goal.manager_id
        ):
            raise RefusedError(
                RIGHT_MISSING,
                f"{self.caller.name} names {goal.manager_id} as the manager of goal "
                f"{goal.id}, and lacks the right assign on goals of that user; leave "
                "manager_id out, or have a role give it",
                field="manager_id",
            )

    def check_changes(
        self,
        before: Goal,
        after: Goal,
        mine: Collection[GoalRight],
        mine_on_parent: Collection[GoalRight],
        parent: Goal | None,
    ) -> None:
        """Refuse a change that needs what the caller may not do."""
        self.check(before, mine, _needed(before, after))
        if self.user is None:
            return
        if parent is not None and after.parent_id != before.parent_id:
            self.check(parent, mine_on_parent, [GoalRight.APPEND_TO])
        self._check_gives(before, after, mine)

    def _check_gives(
        self, before: Goal, after: Goal, mine: Collection[GoalRight]
    ) -> None:
        """Refuse to share rights that the caller does not have himself."""
        had = {share.principal: share.rights for share in before.shared_with}
        for share in after.shared_with:
            given = set(share.rights) - set(had.get(share.principal, ())) - set(mine)
            if given:
                raise RefusedError(
                    RIGHT_MISSING,
                    f"{self.caller.name} would give {share.type} {share.id} the right "
                    f"{', '.join(sorted(given))} on goal {before.id}, and lacks it "
                    "himself; leave it out",
                    field="shared_with",
                )

    def _check_creates_of(self, user: str, goal: Goal) -> None:
        if not self._reaches(Action.CREATE, user):
            raise RefusedError(
                RIGHT_MISSING,
                f"{self.caller.name} lacks the right create on goals, which goal "
                f"{goal.id} needs; have a role give it, or create goals under one that "
                "you manage",
            )

    def _reaches(self, action: Action, manager_id: str) -> bool:
        access = self.people.access(self.user or "", GOAL, action)
        return access.allows(f"user/{manager_id}", (), self.people.unit_of_owner)

    def _has_been_given(
        self, right: GoalRight, goal: Goal, principals: Collection[str]
    ) -> bool:
        shared = [one.principal.key for one in goal.shared_with if right in one.rights]
        if any(key in principals for key in shared):
            return True
        units = self.people.unit_of_owner
        return self.to(right).allows(f"user/{goal.manager_id}", shared, units)


def lacks_in_words(caller: Caller, right: Right) -> str:
    """Say that a caller lacks a right, and what to do."""
    return (
        f"{caller.name} lacks the right {right}; have somebody with manage_directory "
        "give him a role that has it"
    )


def _needed(before: Goal, after: Goal) -> set[GoalRight]:
    """Return which rights a change takes; one that changes nothing takes one, too."""
    needed = set[GoalRight]()
    if after.manager_id != before.manager_id:
        needed.add(GoalRight.ASSIGN)
    if after.shared_with != before.shared_with:
        needed.add(GoalRight.SHARE)
    if after.parent_id != before.parent_id:
        needed |= {GoalRight.APPEND, GoalRight.WRITE}
    rest = replace(after, manager_id=before.manager_id, shared_with=before.shared_with)
    if not needed or rest != before or not is_same(rest.period, before.period):
        needed.add(GoalRight.WRITE)
    return needed
