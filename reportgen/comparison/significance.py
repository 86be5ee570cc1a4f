"""Whether a difference of two accuracies may be chance."""

import math


def mcnemar(only_a: int, only_b: int) -> float:
    """The two-sided p-value, 0..1, of McNemar's exact test.

    `only_a` and `only_b` are the images that only the one and only the other model classifies
    correctly. Under the null hypothesis each is as likely, so that `only_a` follows a binomial
    distribution with probability ½; 1 where both are 0.

    Q. McNemar, "Note on the Sampling Error of the Difference between Correlated Proportions or
    Percentages", 1947.
    """
    discordant, fewer = only_a + only_b, min(only_a, only_b)
    if fewer < 0:
        raise ValueError("images are counted from 0")
    whole = math.lgamma(discordant + 1) - discordant * math.log(2)
    tail = math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(discordant - k + 1))
        for k in range(fewer + 1)
    )
    return min(1.0, 2 * tail)
