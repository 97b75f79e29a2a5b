"""`python build.py …` is `handbill …`. Importing this file does nothing."""

if __name__ == "__main__":
    from handbill.cli import main

    raise SystemExit(main())
