"""Prints TAP for the tests beside this file: one line for each promise, and below a broken promise the faults."""

results = []


def check(promise, wrong):
    results.append(not wrong)
    print(f"{'not ok' if wrong else 'ok'} {len(results)} - {promise}")
    for line in sorted(wrong):
        print(f"#   {line}")


def done():
    """The exit status of the test."""
    print(f"1..{len(results)}")
    return 0 if all(results) else 1
