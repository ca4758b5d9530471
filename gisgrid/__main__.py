"""`python -m gisgrid`, where the command `gisgrid` is not on the path."""

from gisgrid.cli import main

if __name__ == "__main__":
    main(prog_name="gisgrid")
