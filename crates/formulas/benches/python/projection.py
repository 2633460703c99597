"""Times in Python of what `cargo bench --bench projection` times; needs numpy and statsmodels."""

import time

import numpy as np
import statsmodels.api as sm


def timed(name, run, repeats=5):
    best = min(_once(run) for _ in range(repeats))
    print(f"{name}: {1e3 * best:.1f} ms")


def _once(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def saving(paths=1_000_000, years=30):
    random = np.random.default_rng(1)
    wealth = np.full(paths, 10_000.0)
    for _ in range(years):
        wealth = (wealth + 5_000.0) * np.exp(0.05 + 0.16 * random.standard_normal(paths))
    return (wealth >= 500_000.0).mean()


random = np.random.default_rng(5)
series = np.where(np.arange(226) % 60 < 40, 4.0, 9.5) + 2.0 * random.standard_normal(226)
spread = 1.0 + random.standard_normal(600)
recession = (-0.5 - 0.7 * spread + random.standard_normal(600) > 0).astype(float)

timed("1,000,000 paths x 30 years", saving)
regression = sm.tsa.MarkovRegression(series, k_regimes=2)
timed("hamilton_filter, 226 quarters", lambda: regression.smooth([0.98, 0.05, 3.7, 9.6, 4.4]))
timed("markov_switching_fit, 226 quarters, 24 starts", lambda: regression.fit(search_reps=23), repeats=1)
design = sm.add_constant(spread)
hac = {"cov_type": "HAC", "cov_kwds": {"maxlags": 12}}
timed("probit, 600 months, HAC", lambda: sm.Probit(recession, design).fit(disp=0, **hac))
