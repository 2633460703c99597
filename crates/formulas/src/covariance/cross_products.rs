//! Sums over periods of products of columns, the inner loop of every covariance estimate.
//!
//!   C_ij = Σ_t a_ti b_tj
//!
//! O(T·n²) in tiles of 4 × 4 columns packed next to each other. Each entry is summed in blocks of 512 periods and the
//! blocks are added with compensation, in the order of time: the same bits on any machine.

/// Periods summed before the compensated sum takes over.
const BLOCK: usize = 512;
const TILE: usize = 4;

/// A'A, symmetric.
pub(super) fn symmetric(rows: &[Vec<f64>]) -> Vec<f64> {
    let n = rows.first().map_or(0, Vec::len);
    let panels = panels(rows, n);
    let mut values = vec![0.0; n * n];
    for p in 0..panels.len() {
        for q in 0..=p {
            let tile = tile(&panels[p], &panels[q]);
            write(&mut values, n, &tile, p, q);
        }
    }
    for i in 0..n {
        for j in 0..i {
            values[j * n + i] = values[i * n + j];
        }
    }
    values
}

/// A'B.
pub(super) fn general(left: &[Vec<f64>], right: &[Vec<f64>]) -> Vec<f64> {
    let n = left.first().map_or(0, Vec::len);
    let (left, right) = (panels(left, n), panels(right, n));
    let mut values = vec![0.0; n * n];
    for (p, a) in left.iter().enumerate() {
        for (q, b) in right.iter().enumerate() {
            write(&mut values, n, &tile(a, b), p, q);
        }
    }
    values
}

type Panel = Vec<[f64; TILE]>;

/// Columns in groups of four, each period's four values together.
fn panels(rows: &[Vec<f64>], n: usize) -> Vec<Panel> {
    (0..n.div_ceil(TILE))
        .map(|p| {
            rows.iter().map(|row| std::array::from_fn(|k| row.get(p * TILE + k).copied().unwrap_or(0.0))).collect()
        })
        .collect()
}

fn tile(a: &Panel, b: &Panel) -> [[f64; TILE]; TILE] {
    let (mut total, mut lost) = ([[0.0_f64; TILE]; TILE], [[0.0_f64; TILE]; TILE]);
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let mut sum = [[0.0; TILE]; TILE];
        for (x, y) in a.iter().zip(b) {
            for i in 0..TILE {
                for j in 0..TILE {
                    sum[i][j] += x[i] * y[j];
                }
            }
        }
        for i in 0..TILE {
            for j in 0..TILE {
                let (so_far, value) = (total[i][j], sum[i][j]);
                let next = so_far + value;
                lost[i][j] +=
                    if so_far.abs() >= value.abs() { (so_far - next) + value } else { (value - next) + so_far };
                total[i][j] = next;
            }
        }
    }
    for i in 0..TILE {
        for j in 0..TILE {
            total[i][j] += lost[i][j];
        }
    }
    total
}

fn write(values: &mut [f64], n: usize, tile: &[[f64; TILE]; TILE], p: usize, q: usize) {
    for (i, row) in tile.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            let (i, j) = (p * TILE + i, q * TILE + j);
            if i < n && j < n {
                values[i * n + j] = *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn tiles_agree_with_plain_sums(n in 1usize..11, t in 1usize..1100, seed in 1u64..1000) {
            let value = |i: usize, t: usize| ((seed as f64 + 1.0) * (i * 7919 + t * 104729) as f64).sin();
            let rows: Vec<Vec<f64>> = (0..t).map(|t| (0..n).map(|i| value(i, t)).collect()).collect();
            let others: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|x| x * x).collect()).collect();
            let (square, cross) = (symmetric(&rows), general(&rows, &others));
            for i in 0..n {
                for j in 0..n {
                    let plain: f64 = rows.iter().map(|row| row[i] * row[j]).sum();
                    prop_assert!((square[i * n + j] - plain).abs() < 1e-10 * (1.0 + t as f64));
                    let plain: f64 = rows.iter().zip(&others).map(|(a, b)| a[i] * b[j]).sum();
                    prop_assert!((cross[i * n + j] - plain).abs() < 1e-10 * (1.0 + t as f64));
                }
            }
        }
    }
}
