"""What kind of seller a provider of the public lists is, and in which region; how often prices must be checked follows from it.

Names as the lists write them. A name that is not here is taken for a host of others' weights, whose prices go stale soonest.
"""

from jc.catalog.model import Kind

_FIRST_PARTY = frozenset(
    {
        "ai21", "alibaba", "alibaba-cn", "aleph_alpha", "anthropic", "codestral", "cohere", "cohere_chat", "dashscope",
        "deepgram", "deepseek", "elevenlabs", "gemini", "gigachat", "google", "jina_ai", "meta", "meta_llama", "minimax",
        "mistral", "moonshot", "moonshotai", "moonshotai-cn", "morph", "nlp_cloud", "openai", "perplexity", "qwen_ai_platform",
        "qwencloud", "recraft", "runwayml", "stability", "tencent", "v0", "volcengine", "voyage", "x-ai", "xai", "zai",
        "zhipuai",
    }
)  # fmt: skip
_CLOUD = frozenset(
    {
        "azure", "azure_ai", "azure_text", "bedrock", "bedrock_converse", "bedrock_mantle", "cloudflare", "databricks", "oci",
        "ovhcloud", "sagemaker", "scaleway", "snowflake", "vertex_ai", "watsonx", "wandb",
    }
)  # fmt: skip
_LOCAL = frozenset({"llamafile", "lm_studio", "lmstudio", "ollama", "ollama_chat", "oobabooga", "vllm"})
_GATEWAY = frozenset({"github_copilot", "github-copilot", "vercel", "vercel_ai_gateway", "clf_ai_gateway"})


def kind_of_seller(provider: str) -> Kind:
    """The kind of a provider by its name in the public lists."""
    if provider in _FIRST_PARTY:
        return "first_party"
    if provider in _CLOUD:
        return "cloud"
    if provider in _LOCAL:
        return "local"
    return "gateway" if provider in _GATEWAY else "aggregator"


def cloud_region(name: str) -> str | None:
    """The catalog's region for a cloud's own, `eu-west-1` → `eu`; None when the text names none."""
    known = {"us", "eu", "global", "apac", "au", "jp", "in", "cn"}
    if name in known:
        return name
    head, _, rest = name.partition("-")
    if not rest or not rest[-1:].isdigit() or not head.isalpha() or len(head) != 2:
        return None
    if rest.startswith("gov-"):
        return f"{head}-gov"
    return head if head in known else name
