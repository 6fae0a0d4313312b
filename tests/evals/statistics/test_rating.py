import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from jc.evals.statistics.matchups import Matchups, matchups
from jc.evals.statistics.rating import ELO, bootstrap, newton, ranks, rate, refit, separated, strengths
from jc.evals.statistics.units import bouts, columns, units
from jc.evals.statistics.values import Game, Rules
from tests.evals.statistics.sample_games import round_robin

# American League East 1987 (Agresti, Categorical Data Analysis, table 10.10): wins and losses of the row at home against each.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
HOME = (
    "0-0 4-3 4-2 4-3 6-1 4-2 6-0",
    "3-3 0-0 4-2 4-3 6-0 6-1 4-3",
    "2-5 4-3 0-0 2-4 4-3 4-2 6-0",
    "3-3 5-1 2-5 0-0 4-3 4-2 6-1",
    "5-1 2-5 3-3 4-2 0-0 5-2 6-0",
    "2-5 3-3 3-4 4-3 4-2 0-0 2-4",
    "2-5 1-5 1-6 2-4 1-6 3-4 0-0",
)
# Ability over Baltimore and its standard error, as printed in the vignette of the R package BradleyTerry2.
PUBLISHED = {
    "Boston": (1.1077, 0.3339), "Cleveland": (0.6839, 0.3319), "Detroit": (1.4364, 0.3396), "Milwaukee": (1.5814, 0.3433),
    "New York": (1.2476, 0.3359), "Toronto": (1.2945, 0.3367),
}  # fmt: skip


def table(games: list[Game]) -> Matchups:
    return matchups(bouts(units(columns(games))))


def baseball() -> list[Game]:
    games = []
    for home, row in zip(TEAMS, HOME, strict=True):
        for away, result in zip(TEAMS, row.split(), strict=True):
            wins, losses = result.split("-")
            games += [Game(f"{home}-{away}-w{k}", home, away, 1.0) for k in range(int(wins))]
            games += [Game(f"{home}-{away}-l{k}", home, away, 0.0) for k in range(int(losses))]
    return games


def test_the_baseball_ratings_are_the_published_ones() -> None:
    """Abilities over Baltimore and their model standard errors to all four printed decimals."""
    found = strengths(table(baseball()))
    place = {name: k for k, name in enumerate(sorted(TEAMS))}
    base = place["Baltimore"]
    for name, (ability, se) in PUBLISHED.items():
        k = place[name]
        assert found.theta[k] - found.theta[base] == pytest.approx(ability, abs=5e-5)
        spread = found.inverse[k, k] + found.inverse[base, base] - 2 * found.inverse[k, base]
        assert math.sqrt(spread) == pytest.approx(se, abs=5e-5)


def test_two_candidates_have_the_log_odds_of_their_wins() -> None:
    """30 wins, 10 losses and 20 ties: odds (30 + 10)/(10 + 10) = 2, so 120.4 Elo points apart around 1000."""
    scores = [1.0] * 30 + [0.0] * 10 + [0.5] * 20
    ratings, fit = rate(table([Game(f"p{k}", "x", "y", score) for k, score in enumerate(scores)]), ("x", "y"), Rules())
    assert ratings is not None
    assert ratings[0].value - ratings[1].value == pytest.approx(400 * math.log10(2), abs=1e-9)
    assert ratings[0].value + ratings[1].value == pytest.approx(2000)
    assert (fit.connected, fit.separated, fit.pseudo_ties, fit.draws) == (True, False, 0.0, 2000)


def test_the_robust_error_of_two_candidates_by_hand() -> None:
    """One pair: SE of the log-odds is √(n/(n−1)·Σ(s−p)²)/(n·p(1−p)); each rating moves half of it."""
    scores = np.array([1.0] * 30 + [0.0] * 10 + [0.5] * 20)
    ratings, _ = rate(table([Game(f"p{k}", "x", "y", float(s)) for k, s in enumerate(scores)]), ("x", "y"), Rules(draws=0))
    p = scores.mean()
    expected = math.sqrt(60 / 59 * float(((scores - p) ** 2).sum())) / (60 * p * (1 - p))
    assert ratings is not None
    assert ratings[0].se == pytest.approx(ELO * expected / 2, rel=1e-9)
    assert ratings[0].high == pytest.approx(ratings[0].value + stats.t.ppf(0.975, 59) * ratings[0].se, rel=1e-12)
    assert (ratings[0].boot_low, ratings[0].rank_low) == (None, None)


def test_newton_finds_what_a_general_optimiser_finds() -> None:
    """SciPy's BFGS on the same likelihood, five candidates with ties."""
    games = round_robin(1, 40, [0.0, 0.2, 0.5, 0.9, 1.2])
    data = table(games)
    wins, played = data.totals()

    def loss(theta: np.ndarray) -> float:
        gap = theta[data.i] - theta[data.j]
        return float(np.sum(played * np.logaddexp(0, gap) - wins * gap))

    best = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-9}).x
    assert strengths(data).theta == pytest.approx(best - best.mean(), abs=1e-6)


def test_draws_are_refitted_as_newton_would() -> None:
    """The chord steps end where Newton ends, also for thin and lopsided data."""
    for seed, prompts in ((1, 6), (2, 60)):
        data = table(round_robin(seed, prompts, [0.0, 0.3, 0.8, 1.6, 2.5, 0.1]))
        fitted = strengths(data)
        for wins, games in data.resampled(np.random.default_rng(3), 200):
            split = separated(wins, games, data.i, data.j, 6)
            wins[split] += 0.5
            games[split] += 1.0
            quick = refit(wins, games, data.i, data.j, fitted.theta, fitted.inverse)
            assert quick == pytest.approx(newton(wins, games, data.i, data.j, fitted.theta), abs=2e-6)


def test_an_extreme_result_still_converges() -> None:
    """999 of 1,000 against a middle that wins 999 of 1,000: about 2 × 6.9 log-odds from top to bottom."""
    wins, games = np.array([[999.0, 999.0]]), np.array([[1000.0, 1000.0]])
    theta = newton(wins, games, np.array([0, 1]), np.array([1, 2]), np.zeros(3))[0]
    assert theta[0] - theta[1] == pytest.approx(math.log(999), abs=1e-9)
    assert theta[0] - theta[2] == pytest.approx(2 * math.log(999), abs=1e-9)


def test_unconnected_candidates_get_no_rating() -> None:
    """Two groups that never met: their ratings would be guesses."""
    games = [Game("p", "a", "b", 1.0), Game("q", "b", "a", 1.0), Game("p", "x", "y", 1.0), Game("q", "y", "x", 1.0)]
    ratings, fit = rate(table(games), ("a", "b", "x", "y"), Rules())
    assert ratings is None
    assert (fit.connected, fit.components) == (False, (("a", "b"), ("x", "y")))
    with pytest.raises(ValueError, match="do not connect"):
        strengths(table(games))


def test_a_candidate_that_won_everything_gets_pseudo_ties_and_says_so() -> None:
    """Ten wins of ten have no finite rating; with one tie they are 10.5 to 0.5."""
    ratings, fit = rate(table([Game(f"p{k}", "x", "y", 1.0) for k in range(10)]), ("x", "y"), Rules())
    assert ratings is not None
    assert (fit.separated, fit.pseudo_ties, fit.separated_draws) == (True, 1.0, 2000)
    assert ratings[0].value - ratings[1].value == pytest.approx(ELO * math.log(21), abs=1e-6)


def test_separation_is_fords_condition() -> None:
    """A circle of wins is rateable; A over both is not, although B and C beat each other; nor is C without a game."""
    i, j = np.array([0, 0, 1]), np.array([1, 2, 2])
    wins = np.array([[1.0, 0.0, 1.0], [2.0, 2.0, 1.0], [0.5, 0.5, 0.5], [1.0, 0.0, 0.0]])
    games = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0], [2.0, 0.0, 0.0]])
    assert separated(wins, games, i, j, 3).tolist() == [False, True, False, True]


def test_the_bootstrap_agrees_with_the_robust_interval() -> None:
    """On 400 prompts both ways of getting an interval agree within a few points."""
    ratings, _ = rate(table(round_robin(5, 400, [0.0, 0.4, 0.8])), ("c0", "c1", "c2"), Rules())
    assert ratings is not None
    for one in ratings:
        assert one.boot_low == pytest.approx(one.low, abs=2.5)
        assert one.boot_high == pytest.approx(one.high, abs=2.5)


def test_copies_under_one_cluster_do_not_narrow_the_interval() -> None:
    """Every prompt three times: as single prompts the interval would shrink, in clusters it stays."""
    once = round_robin(6, 50, [0.0, 0.6])
    copies = [game._replace(prompt=f"{game.prompt}-{k}") for game in once for k in range(3)]
    clustered = [game._replace(cluster=game.prompt.split("-")[0]) for game in copies]
    plain = strengths(table(once)).covariance
    loose = strengths(table(copies)).covariance
    tied = strengths(table(clustered)).covariance
    assert plain is not None
    assert loose is not None
    assert tied is not None
    assert tied == pytest.approx(plain, rel=1e-9)
    assert loose[0, 0] == pytest.approx(plain[0, 0] / 3, rel=0.02)


def test_rank_ranges_hold_the_rank() -> None:
    """Two equal candidates and a clearly better one: ranks 2 and 3 are open, rank 1 is not."""
    ratings, _ = rate(table(round_robin(8, 150, [0.0, 0.0, 2.0])), ("c0", "c1", "c2"), Rules())
    assert ratings is not None
    assert [(one.rank_low, one.rank_high) for one in ratings] == [(2, 3), (2, 3), (1, 1)]
    assert sorted(one.rank for one in ratings) == [1, 2, 3]


def test_equal_strengths_share_the_better_rank() -> None:
    """Two on top are both first, the third is third."""
    assert ranks(np.array([[1.0, 1.0, 0.0]])).tolist() == [[1, 1, 3]]


def test_one_cluster_has_a_rating_and_no_interval() -> None:
    """One family of prompts cannot tell how much families differ."""
    games = [Game(f"p{k}", "x", "y", score, cluster="k") for k, score in enumerate([1.0, 0.0, 1.0])]
    ratings, fit = rate(table(games), ("x", "y"), Rules())
    assert ratings is not None
    assert (ratings[0].se, ratings[0].low, ratings[0].boot_low, fit.draws) == (None, None, None, 0)


def test_the_seed_decides_the_draws() -> None:
    """The same seed gives the same draws, another seed others."""
    data = table(round_robin(9, 30, [0.0, 0.5]))
    fitted = strengths(data)
    first, again, other = (bootstrap(data, fitted, np.random.default_rng(seed), 50).theta for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
