"""Configuration whose every value remembers where it came from.

flag > `JC_*` variable > nearest `jc.toml` up to the git root > `$XDG_CONFIG_HOME/jc/config.toml` > default. Keys to providers are
named by variable (`api_key_env`), never written down. A `.env` file is read only when asked for with `--env-file`.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jc.errors import InputError, Problem, Where

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from jc.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its name in TOML, its variable, what it means and its default."""

    name: str
    kind: type
    meaning: str
    default: Any = None
    amount: bool = False
    """A text that may be written as a number too; it is kept as it stands in the file."""

    @property
    def variable(self) -> str:
        """The environment variable that sets it, `JC_BASE_URL` for `base_url`."""
        return "JC_" + self.name.upper()


KEYS: tuple[Key, ...] = (
    Key("catalog", str, "folder of the model catalog", None),
    Key("color", str, "when to use colour: auto, always or never", "auto"),
    Key("base_url", str, "send every call to this OpenAI-compatible server", None),
    Key("api_key_env", str, "name of the variable that holds the key for `base_url`", "JC_API_KEY"),
    Key("judge", str, "judge of `jc evals run`", None),
    Key("concurrency", int, "most requests in flight per endpoint", 32),
    Key("timeout", float, "seconds for one attempt of a call", 120.0),
    Key("max_attempts", int, "attempts per call before it counts as failed", 6),
    Key("max_wait", float, "seconds a call may spend waiting for retries", 600.0),
    Key("max_cost", str, "hard cap in USD for one run", None, amount=True),
    Key("runs", str, "folder of the run folders", "runs"),
    Key("routes", str, "route table of `jc route`", None),
    Key("seed", int, "seed of everything random", 0),
)
_BY_NAME = {key.name: key for key in KEYS}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from, in words for `--verbose`."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one call; look one up by name."""

    settings: Mapping[str, Setting]
    environment: Mapping[str, str]

    def get(self, name: str, flag: T | None = None) -> T | Any:
        """The flag's value when it was given, else the configured one."""
        return flag if flag is not None else self.settings[name].value

    def origins(self) -> list[str]:
        """One line per setting that is not a default: name, value, origin."""
        return [
            f"{name} = {setting.value!r} ({setting.origin})"
            for name, setting in self.settings.items()
            if setting.origin != "default"
        ]


def load_config(cwd: Path, environment: Mapping[str, str]) -> Config:
    """Read the files and variables that apply in `cwd`; InputError with every wrong key or type at once."""
    problems: list[Problem] = []
    settings = {key.name: Setting(key.default, "default") for key in KEYS}
    for path in reversed(_files(cwd, environment)):
        settings.update(_from_file(path, problems))
    for key in KEYS:
        text = environment.get(key.variable)
        if text:
            converted = _convert(key, text, Where(key.variable), problems)
            settings[key.name] = Setting(converted, f"variable {key.variable}")
    if problems:
        raise InputError.of(problems)
    return Config(settings, environment)


def _files(cwd: Path, environment: Mapping[str, str]) -> list[Path]:
    """The files that apply, the strongest first."""
    found = []
    for folder in (cwd, *cwd.parents):
        if (folder / "jc.toml").is_file():
            found.append(folder / "jc.toml")
            break
        if (folder / ".git").exists():
            break
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME", "~"), ".config")  # noqa: PTH118
    user = Path(home).expanduser() / "jc" / "config.toml"
    if user.is_file():
        found.append(user)
    return found


def _from_file(path: Path, problems: list[Problem]) -> dict[str, Setting]:
    import tomllib  # 3 ms where there is no file

    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problems.append(Problem(f"cannot read it as TOML: {error}", Where(str(path))))
        return {}
    out = {}
    for name, value in data.items():
        key = _BY_NAME.get(name)
        where = Where(str(path), _line_of(path, name))
        if key is None:
            problems.append(Problem(f"no setting `{name}`", where, hint=_suggest(name)))
        else:
            out[name] = Setting(_convert(key, value, where, problems), str(path))
    return out


def _line_of(path: Path, name: str) -> int:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.split("=")[0].strip().strip("[]\"'") == name:
            return number
    return 0


def _suggest(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, _BY_NAME, 1)
    return f"did you mean `{close[0]}`?" if close else f"settings: {', '.join(_BY_NAME)}"


def _convert(key: Key, value: object, where: Where, problems: list[Problem]) -> object:
    converters: dict[type, Callable[[Any], Any]] = {int: int, float: float, str: str}
    if key.amount and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    try:
        if isinstance(value, bool) or (key.kind is str and not isinstance(value, str)):
            raise ValueError  # noqa: TRY301  one message for every wrong type
        return converters[key.kind](value)
    except (ValueError, TypeError):
        kinds = {int: "a whole number", float: "a number", str: "text"}
        problems.append(Problem(f"`{key.name}` is not {kinds[key.kind]}: {value!r}", where, hint=_written(key)))
        return key.default


def _written(key: Key) -> str:
    """How a setting is written in a file."""
    example = {int: "8", float: "60.0", str: '"…"'}[key.kind] if key.default is None else str(key.default)
    if key.kind is str and key.default is not None:
        example = f'"{example}"'
    return f"{key.meaning}, as `{key.name} = {example}`"
