//! Quasi-Newton minimisation (BFGS) of a smooth function of a few variables, with gradients by central differences.
//!
//!   x ← x − s·H·∇f      H updated from steps and gradient changes; s halved until f falls enough (Armijo)
//!
//! Meant for likelihoods of at most a few dozen parameters. The function may return none outside its domain, which
//! counts as infinitely bad. Invariant: the point returned is never worse than the start.
//!
//! Nocedal, J. & Wright, S. (2006), Numerical Optimization, ch. 6 and 8.

/// The point where the descent ended.
pub(super) struct Minimum {
    pub x: Vec<f64>,
    pub value: f64,
}

/// Descends from `start`; none if the function has no value there.
pub(super) fn minimize(f: impl Fn(&[f64]) -> Option<f64>, start: &[f64], iterations: usize) -> Option<Minimum> {
    let value_at = |x: &[f64]| f(x).filter(|value| value.is_finite()).unwrap_or(f64::INFINITY);
    let n = start.len();
    let mut x = start.to_vec();
    let mut value = f(&x).filter(|value| value.is_finite())?;
    let mut gradient = gradient(&value_at, &x);
    let mut inverse = identity(n);
    for _ in 0..iterations {
        if gradient.iter().all(|g| g.abs() < 1e-9 * (1.0 + value.abs())) {
            break;
        }
        let mut direction: Vec<f64> = inverse.iter().map(|row| -dot(row, &gradient)).collect();
        if dot(&direction, &gradient) >= 0.0 {
            inverse = identity(n);
            direction = gradient.iter().map(|g| -g).collect();
        }
        let Some((next, next_value)) = line_search(&value_at, &x, value, &gradient, &direction) else { break };
        let next_gradient = self::gradient(&value_at, &next);
        let step: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        update(&mut inverse, &step, &change);
        let fell = value - next_value;
        (x, value, gradient) = (next, next_value, next_gradient);
        if fell <= 1e-15 * (1.0 + value.abs()) && step.iter().all(|s| s.abs() < 1e-10) {
            break;
        }
    }
    Some(Minimum { x, value })
}

fn line_search(
    f: &impl Fn(&[f64]) -> f64,
    x: &[f64],
    value: f64,
    gradient: &[f64],
    direction: &[f64],
) -> Option<(Vec<f64>, f64)> {
    let slope = dot(gradient, direction);
    // A first step of at most two units keeps logits and logarithms in the range where the likelihood has shape.
    let longest = direction.iter().fold(0.0_f64, |longest, d| longest.max(d.abs()));
    let mut scale = (2.0 / longest).min(1.0);
    for _ in 0..50 {
        let next: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + scale * d).collect();
        let next_value = f(&next);
        if next_value <= value + 1e-4 * scale * slope && next_value < value {
            return Some((next, next_value));
        }
        scale *= 0.5;
    }
    None
}

fn update(inverse: &mut [Vec<f64>], step: &[f64], change: &[f64]) {
    let curvature = dot(step, change);
    if curvature <= 1e-14 * dot(step, step).sqrt() * dot(change, change).sqrt() {
        return;
    }
    let moved: Vec<f64> = inverse.iter().map(|row| dot(row, change)).collect();
    let weight = (1.0 + dot(change, &moved) / curvature) / curvature;
    for i in 0..step.len() {
        for j in 0..step.len() {
            inverse[i][j] += weight * step[i] * step[j] - (moved[i] * step[j] + step[i] * moved[j]) / curvature;
        }
    }
}

/// Central differences.
fn gradient(f: &impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    (0..x.len())
        .map(|at| {
            let h = 6e-6 * (1.0 + x[at].abs());
            let moved = |by: f64| {
                let mut point = x.to_vec();
                point[at] += by;
                f(&point)
            };
            let slope = (moved(h) - moved(-h)) / (2.0 * h);
            if slope.is_finite() { slope } else { 0.0 }
        })
        .collect()
}

/// Second derivatives by central differences with steps `h`; none where the function has no value.
pub(super) fn hessian(f: impl Fn(&[f64]) -> Option<f64>, x: &[f64], h: &[f64]) -> Option<Vec<Vec<f64>>> {
    let n = x.len();
    let moved = |moves: &[(usize, f64)]| {
        let mut point = x.to_vec();
        moves.iter().for_each(|(at, by)| point[*at] += by * h[*at]);
        f(&point)
    };
    let centre = f(x)?;
    let mut second = vec![vec![0.0; n]; n];
    for i in 0..n {
        second[i][i] = (moved(&[(i, 1.0)])? - 2.0 * centre + moved(&[(i, -1.0)])?) / (h[i] * h[i]);
        for j in 0..i {
            let corner = |a: f64, b: f64| moved(&[(i, a), (j, b)]);
            let mixed = corner(1.0, 1.0)? - corner(1.0, -1.0)? - corner(-1.0, 1.0)? + corner(-1.0, -1.0)?;
            second[i][j] = mixed / (4.0 * h[i] * h[j]);
            second[j][i] = second[i][j];
        }
    }
    second.iter().flatten().all(|value| value.is_finite()).then_some(second)
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|row| (0..n).map(|column| f64::from(u8::from(row == column))).collect()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_valley_is_descended() {
        // Rosenbrock's function, least at (1, 1).
        let f = |x: &[f64]| Some((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
        let found = minimize(f, &[-1.2, 1.0], 200).unwrap();
        assert!((found.x[0] - 1.0).abs() < 1e-6 && (found.x[1] - 1.0).abs() < 1e-6 && found.value < 1e-11);
        let second = hessian(f, &[1.0, 1.0], &[1e-4, 1e-4]).unwrap();
        assert!((second[0][0] - 802.0).abs() < 0.1 && (second[0][1] + 400.0).abs() < 0.1);
    }

    #[test]
    fn the_domain_is_respected() {
        let f = |x: &[f64]| (x[0] > 0.0).then(|| x[0] - x[0].ln());
        assert!((minimize(f, &[5.0], 100).unwrap().x[0] - 1.0).abs() < 1e-6);
        assert!(minimize(f, &[-1.0], 100).is_none());
    }
}
