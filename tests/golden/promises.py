"""What the checks of texts print: TAP, a promise each, and under a broken one what is wrong."""

results = []


def check(promise, wrong):
    results.append(not wrong)
    print(f"{'not ok' if wrong else 'ok'} {len(results)} - {promise}")
    for line in sorted(wrong):
        print(f"#   {line}")


def done():
    """The exit status."""
    print(f"1..{len(results)}")
    return 0 if all(results) else 1
