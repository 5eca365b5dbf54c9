"""`python -m sim` is `demine`."""

from sim.cli import main

if __name__ == "__main__":
    main()
