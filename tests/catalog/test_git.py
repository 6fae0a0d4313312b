"""A catalog at a git ref."""

from pathlib import Path

import pytest

from jc.catalog.folder import read_files
from jc.catalog.git import catalog_at, files_at
from jc.catalog.tree import Flaw
from jc.errors import InputError
from tests.catalog.sample import FILES, write
from tests.fakes.repository import commit_all, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose `main` holds the sample catalog beside other things."""
    root = tmp_path / "repository"
    write(root / "catalogs")
    (root / "README.md").write_text("hello")
    return commit_all(root)


def test_the_files_are_those_of_the_folder(repository: Path) -> None:
    """The same paths and bytes as in a clean working tree, and no checkout."""
    found = files_at(repository / "catalogs", "main")

    assert list(found.files) == list(read_files(repository / "catalogs"))
    assert found.name == "main:catalogs"
    assert found.commit == git(repository, "rev-parse", "HEAD").strip()


def test_the_working_tree_does_not_matter(repository: Path) -> None:
    """Edits, deletions and new files are not seen at the ref."""
    (repository / "catalogs" / "offers" / "acme.yaml").unlink()
    (repository / "catalogs" / "plans.yaml").write_text("broken: [")

    assert len(catalog_at(repository / "catalogs", "HEAD").offers) == 5


@pytest.mark.parametrize("name", ["main", "HEAD", "v1", "HEAD~0"])
def test_branches_tags_and_commits_are_refs(repository: Path, name: str) -> None:
    """An annotated tag is peeled."""
    git(repository, "tag", "-a", "-m", "one", "v1")

    assert catalog_at(repository / "catalogs", name).offers


def test_a_catalog_at_the_top_of_a_repository(tmp_path: Path) -> None:
    """The folder may be the repository itself."""
    write(tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "x")

    assert len(catalog_at(tmp_path, "main").offers) == 5


def test_an_unknown_ref_is_suggested(repository: Path) -> None:
    """A misspelt branch is an error with the nearest name."""
    with pytest.raises(InputError, match="no git ref `mian`") as caught:
        files_at(repository / "catalogs", "mian")

    assert caught.value.hint == "did you mean `main`?"


@pytest.mark.parametrize("ref", ["", "--output=x", "-x", "a\nb", "\x1b[2J"])
def test_what_is_no_ref_never_reaches_git(repository: Path, ref: str) -> None:
    """An option in the place of a ref is refused."""
    with pytest.raises(InputError, match="is not a git ref"):
        files_at(repository / "catalogs", ref)


def test_a_shallow_clone_says_that_it_is_one(repository: Path, tmp_path: Path) -> None:
    """The commit is missing because the history is: the hint says how to get it."""
    first = git(repository, "rev-parse", "HEAD").strip()
    (repository / "README.md").write_text("again")
    git(repository, "commit", "-q", "-a", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "shallow")

    with pytest.raises(InputError, match="in this clone") as caught:
        files_at(tmp_path / "shallow" / "catalogs", first)
    assert "fetch-depth: 0" in caught.value.hint


def test_a_ref_without_a_catalog(repository: Path) -> None:
    """A commit from before the catalog was added is named as such."""
    git(repository, "checkout", "-q", "--orphan", "empty")
    git(repository, "rm", "-r", "-q", "--cached", ".")
    git(repository, "add", "README.md")
    git(repository, "commit", "-q", "-m", "nothing")

    with pytest.raises(InputError, match="`empty` holds no catalog in `catalogs`"):
        files_at(repository / "catalogs", "empty")


def test_a_folder_outside_of_any_repository(tmp_path: Path) -> None:
    """Nothing can be compared there."""
    write(tmp_path / "catalogs")

    with pytest.raises(InputError, match="is in no git repository"):
        files_at(tmp_path / "catalogs", "main")


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    """An error of its own, not one of git."""
    with pytest.raises(InputError, match="does not exist"):
        files_at(tmp_path / "nowhere", "main")


def test_a_broken_catalog_at_the_ref_names_every_problem(repository: Path) -> None:
    """With the ref in the name of the file."""
    path = repository / "catalogs" / "offers" / "acme.yaml"
    path.write_text(FILES["offers/acme.yaml"].replace("input: 0.15", "input: $0.15"))
    git(repository, "commit", "-q", "-a", "-m", "a slip")

    with pytest.raises(InputError) as caught:
        catalog_at(repository / "catalogs", "main")
    assert str(caught.value.problems[0].where).startswith("main:catalogs/offers/acme.yaml:")


def test_a_symbolic_link_in_the_history_is_refused(repository: Path) -> None:
    """It is a flaw of the catalog, as in the working tree; what it points to is not read."""
    (repository / "catalogs" / "offers" / "link.yaml").symlink_to("/etc/hostname")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "a link")
    found = dict(files_at(repository / "catalogs", "main").files)

    assert isinstance(found["offers/link.yaml"], Flaw)


def test_a_hook_s_variables_do_not_lead_astray(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a hook GIT_DIR names the repository of the hook; the folder that was named counts."""
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))

    assert files_at(repository / "catalogs", "main").files


def test_without_git_the_error_says_so(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git gets a sentence, not a traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InputError, match="`git` is not installed"):
        files_at(repository / "catalogs", "main")
