"""The five classes of the guide (document 001, lines 530-534), in the order of every vector of probabilities."""

ROUTE_CLASSES: tuple[str, ...] = ("simple", "general", "reasoning", "code", "agent")
MEANINGS: dict[str, str] = {
    "simple": "greetings, FAQ, simple factual questions",
    "general": "complex questions, analysis, writing, summarization",
    "reasoning": "math, logic, multi-step problems, science",
    "code": "code generation, debugging, refactoring, technical implementation",
    "agent": "tasks requiring tool use, web search, or multi-step execution",
}
"""What each class means, in the guide's words: what a model that classifies is told."""
