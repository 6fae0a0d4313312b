"""`python -m jc` is `jc`."""

from jc.cli.main import main

if __name__ == "__main__":
    main()
