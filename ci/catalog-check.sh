#!/usr/bin/env bash
# Checks a catalog in a pull request, and tells what the change is and costs. Called by action.yml; runs anywhere with bash and git.
#
# Read from the environment (all optional):
#   CATALOG   folder of the catalog, seen from the top of the repository   [catalogs]
#   BASE      commit or branch to compare with; empty or all zeros: none
#   STRICT    true: warnings fail too
#   TRAFFIC   traffic log (or cube) to price the change on
#   FAIL_ON   conditions for the difference, one a line: cost>+5%
#   AS_OF     day to check for, 2026-11-20                                 [today]
#   COMMENT   true: write the difference as a comment on pull request PR_NUMBER, with `gh`
#   JC        how to call jc                                               [jc]
#   GITHUB_STEP_SUMMARY, GITHUB_OUTPUT   set by GitHub Actions
#
# Exit code: 0 sound, 1 findings or a condition that holds, 2 could not check.
set -uo pipefail

catalog=${CATALOG:-catalogs}
base=${BASE:-}
jc=${JC:-jc}
summary=${GITHUB_STEP_SUMMARY:-/dev/null}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dated=()
[[ -n ${AS_OF:-} ]] && dated=(--as-of "$AS_OF")
flags=("${dated[@]+"${dated[@]}"}")
[[ ${STRICT:-false} == true ]] && flags+=(--strict)

# A branch that was just made has no commit before it; a base without this catalog has nothing to compare with.
compare=no
if [[ -n $base && ! $base =~ ^0+$ ]]; then
  if ! git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
    echo "::error::no commit $base in this clone: check out with fetch-depth: 0"
    exit 2
  fi
  inside=$(git -C "$catalog" rev-parse --show-prefix 2>/dev/null)
  if [[ -n $(git ls-tree --full-tree "$base" "${inside:-$catalog/}") ]]; then
    compare=yes
    flags+=(--base "$base")
  else
    echo "::notice::$catalog is new since $base: nothing to compare with"
  fi
fi

"$jc" catalog check "$catalog" "${flags[@]+"${flags[@]}"}" --format github --output "$work/check.md"
checked=$?
{
  if [[ -s $work/check.md ]]; then
    cat "$work/check.md"
  else
    echo "The catalog could not be checked; the log of this step says why."
  fi
} >>"$summary"

differs=0
if [[ $compare == yes ]]; then
  more=("${dated[@]+"${dated[@]}"}")
  [[ -n ${TRAFFIC:-} ]] && more+=(--traffic "$TRAFFIC")
  while IFS= read -r condition; do
    [[ -n ${condition//[[:space:]]/} ]] && more+=(--fail-on "$condition")
  done <<<"${FAIL_ON:-}"
  "$jc" catalog diff "$base" --catalog "$catalog" "${more[@]+"${more[@]}"}" --format markdown >"$work/diff.md" 2>"$work/diff.err"
  differs=$?
  sed 's/^/  /' "$work/diff.err" >&2
  if [[ -s $work/diff.md ]]; then
    { echo; cat "$work/diff.md"; } >>"$summary"
  elif [[ $checked -eq 0 ]]; then
    echo "::warning::the change could not be compared with $base; the log of this step says why"
  fi
  # Without a condition a comparison that fails is no verdict on the catalog; with one, silence would pass for a yes.
  [[ $differs -ne 0 && $differs -ne 1 && -z ${FAIL_ON:-} ]] && differs=0
fi

if [[ ${COMMENT:-false} == true && -n ${PR_NUMBER:-} && -s $work/diff.md ]]; then
  gh pr comment "$PR_NUMBER" --body-file "$work/diff.md" --edit-last 2>/dev/null \
    || gh pr comment "$PR_NUMBER" --body-file "$work/diff.md" \
    || echo "::warning::no comment could be written; the job needs the permission pull-requests: write"
fi

result=$checked
[[ $differs -gt $result ]] && result=$differs
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  { echo "check=$checked"; echo "diff=$differs"; } >>"$GITHUB_OUTPUT"
fi
exit "$result"
