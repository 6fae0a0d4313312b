"""What goes into the statistics and what comes out, as frozen values without a heavy import.

A score lies between 0 and 1 where nothing else is said: 1 is a win or right, 0.5 a tie, 0 a loss or wrong. `None` is unknown,
never zero. A difference is always score of `a` minus score of `b`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Order = Literal["ab", "ba", ""]
"""`ab`: the answer of `a` was shown first; `ba`: that of `b`; empty: not known."""

Word = Literal["better", "worse", "equivalent", "undecided"]
Basis = Literal["direct", "indirect", "scores"]


class Game(NamedTuple):
    """One look of a judge at two answers; `score_a` is 1, 0.5 or 0, None when the verdict could not be read."""

    prompt: str
    a: str
    b: str
    score_a: float | None
    order: Order = ""
    judge: str = ""
    cluster: str = ""
    """Family of prompts that share a source; empty: the prompt stands for itself."""
    epoch: int = 0
    length_a: float | None = None
    """Length of the answer of `a`, in characters or tokens, one unit within a set; for the length-controlled fit."""
    length_b: float | None = None


class Mark(NamedTuple):
    """One score of one answer, from a pointwise judge, from checks or from a person; None when it could not be read."""

    prompt: str
    candidate: str
    score: float | None
    judge: str = ""
    cluster: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the statistics look at. With games, scores come from them and marks are told beside; else marks decide."""

    games: Sequence[Game] = ()
    marks: Sequence[Mark] = ()
    label_games: Sequence[Game] = ()
    """Verdicts of people on the same answers (`score_a` per prompt and pair, any order)."""
    label_weights: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    """For how many pairs a label stands, by prompt and names in order; empty: all labels stand for equally many."""
    label_marks: Sequence[Mark] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    """Family of each judge and candidate by name (`gpt`, `llama` …); for the judge's gap towards its own."""
    prompts: Sequence[str] = ()
    """All prompts of the set, for coverage; empty: those that occur."""
    candidates: Sequence[str] = ()
    """Candidates that must be told even when they have no score at all."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How much proof is asked for. Intervals have the level 1 − alpha."""

    alpha: float = 0.05
    power: float = 0.8
    margin: float | None = 0.02
    """Differences smaller than this do not matter (in score points of 1); None: nothing is ever called equivalent."""
    draws: int = 2000
    """Draws of the bootstrap; 0 leaves it out."""
    flips: int = 10_000
    """Draws of the permutation test when there are too many clusters to go through all assignments."""
    seed: int = 0
    word_alpha: float | None = None
    """The level at which words are given when looks at a running evaluation have spent a part of alpha; None: alpha."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean (or share) with its interval; `low` and `high` are None when one cluster is all there is."""

    value: float
    se: float | None
    low: float | None
    high: float | None
    n: int
    """Prompts (or answers, where the text says so)."""
    clusters: int
    method: Literal["t", "wilson", "exact", "none"] = "t"
    """`t`: clustered standard error and Student's t; `exact`: no two clusters differ, so the bound of Clopper and Pearson."""


@dataclass(frozen=True, slots=True)
class Rating:
    """Bradley–Terry strength on the Elo scale, mean 1000; `low`, `high` cluster-robust, `boot_*` from the cluster bootstrap."""

    value: float
    se: float | None
    low: float | None
    high: float | None
    boot_low: float | None
    boot_high: float | None
    rank: int
    rank_low: int | None
    """Best rank in the middle 1 − alpha of the bootstrap draws."""
    rank_high: int | None
    controlled: float | None = None
    """The rating with the length of the answers held equal."""
    controlled_low: float | None = None
    controlled_high: float | None = None


@dataclass(frozen=True, slots=True)
class PassK:
    """Several tries at each prompt; prompts with fewer than `k` tries are left out."""

    k: int
    at: Mean | None
    """pass@k: the chance that at least one of k tries is right."""
    all: Mean | None
    """pass^k: the chance that all of k tries are right."""
    left_out: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate: its mean score (win rate with games), its record and its rating.

    Wins, ties and losses count units: prompt × opponent × judge × epoch, both orders together.
    """

    candidate: str
    score: Mean | None
    wins: int
    ties: int
    losses: int
    prompts: int
    """Prompts with a usable score."""
    coverage: float
    """That number as a share of the prompts of the set."""
    rating: Rating | None = None
    marks: Mean | None = None
    """Mean of the marks (pointwise scores or checks), beside the games when there are games."""
    pass_rate: Mean | None = None
    """Wilson interval of the share right, when every mark is 0 or 1."""
    pass_k: tuple[PassK, ...] = ()
    """For k = 1 to the number of epochs, when marks are right or wrong and there is more than one epoch."""
    controlled_win_rate: float | None = None
    """Win rate against the mean opponent with the length of the answers held equal."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates on their common prompts; `a` stands before `b` in the standings."""

    a: str
    b: str
    basis: Basis
    """`direct`: their own games; `indirect`: games against the same opponents; `scores`: their marks."""
    difference: Mean | None
    p: float | None
    """Two-sided sign-flip permutation p, whole clusters flipped together."""
    p_method: Literal["exact", "draws", "none"]
    p_holm: float | None
    mcnemar_p: float | None
    """Exact McNemar p for right/wrong; None for other scores and for clusters of several prompts."""
    tost_p: float | None
    """p of equivalence within the margin (two one-sided t tests)."""
    word: Word
    """What is proven about `a` against `b`, after Holm."""
    more_prompts: int | None
    """When undecided: about how many more prompts would settle it if the figures stay as they are; None: no number would."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the win matrix: `a` against `b`; counts are units, `score` is the mean score of `a`."""

    a: str
    b: str
    units: int
    wins: int
    ties: int
    losses: int
    score: Mean | None


@dataclass(frozen=True, slots=True)
class RatingFit:
    """How the ratings were come by."""

    connected: bool
    components: tuple[tuple[str, ...], ...]
    """Groups of candidates that no game connects; ratings exist only when there is one."""
    separated: bool
    """Some candidates only won or only lost, so no finite rating fits; then `pseudo_ties` were added."""
    pseudo_ties: float
    """Ties added to each played pair, 0 unless separated."""
    clusters: int
    draws: int
    separated_draws: int
    """Bootstrap draws that were separated and got the pseudo ties."""


@dataclass(frozen=True, slots=True)
class LengthFit:
    """What length alone is worth to the judge: log-odds per tanh of the standardised length difference."""

    coefficient: float
    se: float | None
    p: float | None
    sd: float
    """Standard deviation of the length differences, in the unit of the lengths."""
    units: int
    separated: bool


@dataclass(frozen=True, slots=True)
class OwnFamily:
    """Whether a judge favours its own family."""

    family: str
    candidates: tuple[str, ...]
    gap: Mean
    """Score of the own family from this judge minus the comparison."""
    against: Literal["other judges", "other candidates"]
    """With other judges on the same answers the gap is bias; against other candidates it may also be quality."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A candidate's mean score by a judge, corrected by labels (PPI++)."""

    candidate: str
    labels: Mean
    """From the labelled prompts alone."""
    judge: Mean
    """From the judge on all prompts."""
    corrected: Mean
    weight: float
    """Lambda: how much the judge's scores are worth, 0 to 1."""
    labelled: int = 0
    """Labelled prompts."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A judge against labels, over the units that both decided."""

    units: int
    accuracy: Mean
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    alpha_nominal: float | None
    alpha_ordinal: float | None
    alpha_interval: float | None
    corrected: tuple[Corrected, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """How far one judge can be trusted in this run."""

    judge: str
    games: int
    unparsed: int
    """Games whose verdict could not be read."""
    ties: int
    """Games called a tie."""
    both_orders: int
    """Units read in both orders."""
    consistent: int
    consistency: Mean | None
    """Share of them with the same verdict in both orders (Wilson)."""
    decisive: int
    """Games with a winner and a known order."""
    first_wins: int
    first_share: float | None
    first_p: float | None
    """Two-sided binomial p of that share against one half, over all decisive games."""
    flips_first: int
    """Units where the first place won in both orders."""
    flips_second: int
    flips_p: float | None
    """Two-sided binomial p over the flipped units only: the test that does not count a unit twice."""
    marks: int = 0
    """Pointwise scores asked of this judge."""
    unparsed_marks: int = 0
    own_family: OwnFamily | None = None
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Standings:
    """The whole result; candidates best first, pairs and cells in that order, judges by name."""

    basis: Literal["games", "scores"]
    prompts: int
    """Prompts of the set."""
    common_prompts: int
    """Prompts on which every candidate has a score."""
    clusters: int
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    cells: tuple[Cell, ...]
    fit: RatingFit | None
    length: LengthFit | None
    judges: tuple[JudgeCard, ...]
    rules: Rules
    half_read: int = 0
    """Units left out because only one of their two orders could be read."""
    notes: tuple[str, ...] = ()
    """What a reader must know, as sentences: no rating, pseudo ties, too few clusters …"""
