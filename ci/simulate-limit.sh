#!/usr/bin/env bash
# Replays a traffic log against route tables and fails when a limit on cost or latency is passed. Called by
# actions/simulate-limit/action.yml; runs anywhere with bash.
#
# Read from the environment:
#   TRAFFIC            traffic log or cube (needed)
#   ROUTES             route tables, one a line; none: every shipped one
#   COMPARE_TO         an earlier JSON result; MAX_COST_INCREASE is against its tables of the same name
#   MAX_COST_INCREASE  5%
#   MAX_P95            longest p95 of a table, 2s
#   MAX_BAD            most rows that may be unreadable, 1%
#   CATALOG            folder of the catalog; empty: the shipped one
#   OUTPUT             folder for simulation.json and simulation.md                       [jc-simulation]
#   JC                 how to call jc                                                     [jc]
#   GITHUB_STEP_SUMMARY, GITHUB_OUTPUT   set by GitHub Actions
#
# Exit code: 0 within the limits, 1 a limit is passed, 2 the log or a table cannot be used.
set -uo pipefail

jc=${JC:-jc}
output=${OUTPUT:-jc-simulation}
summary=${GITHUB_STEP_SUMMARY:-/dev/null}
mkdir -p "$output" || exit 74

flags=()
while IFS= read -r table; do
  [[ -n ${table//[[:space:]]/} ]] && flags+=(--routes "$table")
done <<<"${ROUTES:-}"
[[ -n ${COMPARE_TO:-} ]] && flags+=(--compare-to "$COMPARE_TO")
[[ -n ${MAX_COST_INCREASE:-} ]] && flags+=(--max-cost-increase "$MAX_COST_INCREASE")
[[ -n ${MAX_P95:-} ]] && flags+=(--max-p95 "$MAX_P95")
[[ -n ${MAX_BAD:-} ]] && flags+=(--max-bad "$MAX_BAD")
[[ -n ${CATALOG:-} ]] && flags+=(--catalog "$CATALOG")

"$jc" simulate "${TRAFFIC:-}" "${flags[@]+"${flags[@]}"}" \
  --output "$output/simulation.json" --output "$output/simulation.md" 2>"$output/simulate.err"
found=$?
cat "$output/simulate.err" >&2
{
  echo "### Simulation"
  echo
  if [[ -s $output/simulation.md ]]; then cat "$output/simulation.md"; else echo "The log could not be replayed."; fi
} >>"$summary"
if [[ $found -ne 0 ]]; then
  # Workflow commands end with their line: what jc says goes in as one.
  why=$(grep -m1 '^error:' "$output/simulate.err" | tr -d '\r' | sed 's/%/%25/g; s/^error: //')
  echo "::error title=jc simulate::${why:-the log could not be replayed}"
  { echo; echo "**${why//%25/%}**"; } >>"$summary"
fi
rm -f "$output/simulate.err"
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  { echo "limit=$found"; echo "result=$output/simulation.json"; } >>"$GITHUB_OUTPUT"
fi
exit "$found"
