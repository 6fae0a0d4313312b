"""Run by an interpreter that has litellm, never imported: load an exported proxy configuration and ask it.

`python in_litellm.py CONFIG MODEL PROMPT…` prints one JSON object: the groups that were loaded, names that lead nowhere, and for
each prompt the model that answered, its text and what LiteLLM says that it cost.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import litellm
import yaml
from litellm import Router


def referred(config: dict[str, Any]) -> set[str]:
    """Every group that fallbacks, aliases and the router's tiers name."""
    settings = config["router_settings"]
    names = set(settings["model_group_alias"].values())
    for listed in (*settings["fallbacks"], *settings["context_window_fallbacks"]):
        for name, others in listed.items():
            names |= {name, *others}
    for entry in config["model_list"]:
        router = entry["litellm_params"].get("complexity_router_config")
        if router:
            names |= {*router["tiers"].values(), router["default_model"]}
            names |= {router["classifier_llm_config"]["model"]} if "classifier_llm_config" in router else set()
    return names


async def ask(router: Router, model: str, prompt: str) -> dict[str, Any]:
    """One completion, with an image when the prompt begins with one."""
    content: str | list[dict[str, Any]] = prompt
    if prompt.startswith("[image]"):
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        content = [{"type": "text", "text": prompt.removeprefix("[image]")}, picture]
    reply = await router.acompletion(model=model, messages=[{"role": "user", "content": content}])
    cost = reply._hidden_params.get("response_cost")
    usage = reply.usage
    return {
        "model": reply.model,
        "text": reply.choices[0].message.content,
        "usd": cost,
        "tokens": [usage.prompt_tokens, usage.completion_tokens],
    }


async def main(path: str, model: str, prompts: list[str]) -> None:
    """Load, look, ask."""
    config = yaml.safe_load(Path(path).read_text("utf-8"))  # noqa: ASYNC240  nothing else runs yet
    for name, value in (config.get("litellm_settings") or {}).items():
        assert hasattr(litellm, name), name
        setattr(litellm, name, value)
    router = Router(model_list=config["model_list"], **config["router_settings"])
    groups = set(router.get_model_names())
    answers = [await ask(router, model, prompt) for prompt in prompts]
    found = {"groups": sorted(groups), "lost": sorted(referred(config) - groups), "answers": answers}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
