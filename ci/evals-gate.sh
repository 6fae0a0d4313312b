#!/usr/bin/env bash
# Runs an eval, if it is told how, and lets a change in only when no candidate got worse than in the base run. Called by
# actions/evals-gate/action.yml; runs anywhere with bash.
#
# Read from the environment:
#   RUN                run folder, or results as CSV, to be judged; with CANDIDATES the folder that the run is made in  [runs/head]
#   BASELINE           run folder, or results as CSV, that must not be lost to (needed)
#   CANDIDATES         models to run now, a,b,c; empty: RUN is there already
#   PROMPTS, JUDGE     evalset and judge of that run
#   MAX_COST           hard cap of that run in USD
#   CONTROLS           control items that each judge must refuse                                                         [0]
#   SENTINEL           file of frozen pairs that show whether the judge moved
#   MARGIN             a proven loss up to this passes                                                                   [0.02]
#   MIN_COVERAGE       least share of the baseline's prompts compared                                                    [0.98]
#   MAX_COST_INCREASE  most that an answer may cost more, 10%
#   OUTPUT             folder for gate.xml (JUnit), gate.md and, after a run, results.csv and report.html                [jc-gate]
#   JC                 how to call jc                                                                                    [jc]
#   GITHUB_STEP_SUMMARY, GITHUB_OUTPUT   set by GitHub Actions; jc writes the summary itself
#
# Exit code: 0 the gate is open, 1 closed, 2 the runs cannot be compared, 3 the run stopped early and continues with the same call.
set -uo pipefail

jc=${JC:-jc}
run=${RUN:-runs/head}
output=${OUTPUT:-jc-gate}
mkdir -p "$output" || exit 74

told() {
  if [[ -n ${GITHUB_OUTPUT:-} ]]; then
    { echo "gate=$1"; echo "junit=$output/gate.xml"; } >>"$GITHUB_OUTPUT"
  fi
  exit "$1"
}

if [[ -z ${BASELINE:-} ]]; then
  echo "::error title=jc evals gate::no baseline: name a run folder or a results CSV"
  told 2
fi

if [[ -n ${CANDIDATES:-} ]]; then
  flags=(--candidates "$CANDIDATES" --prompts "${PROMPTS:-}" --run-dir "$run")
  [[ -n ${JUDGE:-} ]] && flags+=(--judge "$JUDGE")
  [[ -n ${MAX_COST:-} ]] && flags+=(--max-cost "$MAX_COST")
  [[ -n ${CONTROLS:-} ]] && flags+=(--controls "$CONTROLS")
  [[ -n ${SENTINEL:-} ]] && flags+=(--sentinel "$SENTINEL")
  "$jc" evals run "${flags[@]}" --output "$output/results.csv" --output "$output/report.html"
  ran=$?
  if [[ $ran -ne 0 ]]; then
    echo "::error title=jc evals run::the run did not finish (exit $ran); the log of this step says why"
    told "$ran"
  fi
fi

flags=(--baseline "$BASELINE" --margin "${MARGIN:-0.02}" --min-coverage "${MIN_COVERAGE:-0.98}")
[[ -n ${MAX_COST_INCREASE:-} ]] && flags+=(--max-cost-increase "$MAX_COST_INCREASE")
"$jc" evals gate "$run" "${flags[@]}" --format github --output "$output/gate.xml" --output "$output/gate.md" 2>"$output/gate.err"
gate=$?
cat "$output/gate.err" >&2
if [[ $gate -gt 1 ]]; then
  # Workflow commands end with their line: what jc says of it goes in as one.
  why=$(grep -m1 '^error:' "$output/gate.err" | tr -d '\r' | sed 's/%/%25/g; s/^error: //')
  echo "::error title=jc evals gate::${why:-the runs could not be compared}"
fi
rm -f "$output/gate.err"
told "$gate"
