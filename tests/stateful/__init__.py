"""Whatever people and upstream systems do, in any order: the tree is the oracle's."""
