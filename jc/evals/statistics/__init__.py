"""What a set of verdicts or scores proves, and what it does not: pure functions over numpy arrays and SciPy's functions.

No module here reads a file, a clock or a global generator: the seed comes in with the rules, so the same evidence gives the same
bytes, in whatever order its rows stand. In the order of the data flow:

values      what goes in (Game, Mark, Evidence, Rules) and what comes out (Standings and its parts); imports nothing heavy
units       games → one score per prompt, pair, judge and epoch; scores → one per prompt and candidate
intervals   mean with clustered standard error, Wilson interval
paired      paired differences, permutation p, McNemar, Holm, equivalence, prompts needed
power       the smallest difference that a set of prompts can show, and the prompts that a difference takes
samples     the differences that each comparison of two candidates rests on
winmatrix   who wins how often against whom
matchups    games in the compact form that ratings and their bootstrap work on
rating      Bradley–Terry rating on the Elo scale, its robust and bootstrap intervals, rank ranges
length      the same fit with the length of the answers held equal
agreement   accuracy, Cohen's kappa, Krippendorff's alpha, PPI++
judge_card  how far a judge can be trusted
passk       pass@k and pass^k
costs       percentiles, cost per quality point, quality–cost frontier
sequential  when a run may stop early, which pair to judge next
standings   all of it at once
against     one run against another
gate        whether a change may go in
"""
