//! Random numbers that depend on nothing but a seed, a path and a position: the same on any number of threads.
//!
//!   block_k(seed, path) = Philox-2×64-10(counter = (k, path), key = seed)
//!
//! Each path is a stream of its own, so paths may be computed in any order and on any thread. Uniform numbers lie
//! strictly between 0 and 1; normal ones come from the ziggurat, gamma ones from Marsaglia's and Tsang's squeeze.
//! Invariant: two streams with equal seed and path give equal bits.
//!
//! Salmon, J. et al. (2011), "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11.
//! Marsaglia, G. & Tsang, W. (2000), "The Ziggurat Method", Journal of Statistical Software 5(8); "A Simple Method for
//! Generating Gamma Variables", ACM TOMS 26(3).

use std::sync::LazyLock;

const MULTIPLIER: u64 = 0xD2B7_4407_B1CE_6E93;
const WEYL: u64 = 0x9E37_79B9_7F4A_7C15;
/// Blocks made at once: four independent chains keep the processor's multiplier busy.
const BATCH: usize = 4;

/// The random numbers of one path.
#[derive(Debug, Clone)]
pub struct Stream {
    seed: u64,
    path: u64,
    next_block: u64,
    buffer: [u64; 2 * BATCH],
    used: usize,
    layers: &'static Layers,
}

impl Stream {
    /// The stream of `path` under `seed`.
    pub fn new(seed: u64, path: u64) -> Stream {
        Stream { seed, path, next_block: 0, buffer: [0; 2 * BATCH], used: 2 * BATCH, layers: &LAYERS }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        if self.used == self.buffer.len() {
            self.refill();
        }
        let bits = self.buffer[self.used];
        self.used += 1;
        bits
    }

    /// Uniform, strictly between 0 and 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Uniform among 0 … `count` − 1; 0 when there is nothing to choose from.
    #[inline]
    pub fn index(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// Standard normal.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        loop {
            let bits = self.bits();
            let layer = (bits & 0xFF) as usize;
            // 53 bits, signed, in [−1, 1).
            let unit = ((bits as i64) >> 11) as f64 * (1.0 / (1u64 << 52) as f64);
            let x = unit * self.layers.x[layer];
            if x.abs() < self.layers.x[layer + 1] {
                return x;
            }
            if let Some(x) = self.normal_at_the_rim(layer, x, unit) {
                return x;
            }
        }
    }

    /// Gamma with `shape` ≥ ½ and scale 1.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let power = 1.0 / shape;
            return self.gamma(shape + 1.0) * self.uniform().powf(power);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Student's t with `degrees` of freedom.
    pub fn student_t(&mut self, degrees: f64) -> f64 {
        let z = self.normal();
        z / (2.0 * self.gamma(0.5 * degrees) / degrees).sqrt()
    }

    #[cold]
    fn normal_at_the_rim(&mut self, layer: usize, x: f64, unit: f64) -> Option<f64> {
        if layer == 0 {
            // Beyond the last layer: Marsaglia's tail.
            loop {
                let step = -self.uniform().ln() / EDGE;
                let height = -self.uniform().ln();
                if 2.0 * height >= step * step {
                    return Some((EDGE + step).copysign(unit));
                }
            }
        }
        let (above, below) = (self.layers.f[layer + 1], self.layers.f[layer]);
        let height = below + (above - below) * self.uniform();
        (height < (-0.5 * x * x).exp()).then_some(x)
    }

    fn refill(&mut self) {
        let mut low: [u64; BATCH] = std::array::from_fn(|at| self.next_block.wrapping_add(at as u64));
        let mut high = [self.path; BATCH];
        let mut key = self.seed;
        for _ in 0..10 {
            for lane in 0..BATCH {
                let product = u128::from(MULTIPLIER) * u128::from(low[lane]);
                low[lane] = ((product >> 64) as u64) ^ key ^ high[lane];
                high[lane] = product as u64;
            }
            key = key.wrapping_add(WEYL);
        }
        for lane in 0..BATCH {
            self.buffer[2 * lane] = low[lane];
            self.buffer[2 * lane + 1] = high[lane];
        }
        self.next_block = self.next_block.wrapping_add(BATCH as u64);
        self.used = 0;
    }
}

/// Where the last of the 256 layers ends.
const EDGE: f64 = 3.654_152_885_361_009;

/// Right edges of the layers, widest first, and the density e^{−x²/2} there.
#[derive(Debug)]
struct Layers {
    x: [f64; 257],
    f: [f64; 257],
}

static LAYERS: LazyLock<Layers> = LazyLock::new(|| {
    let density = |x: f64| (-0.5 * x * x).exp();
    let tail = (2.0 * std::f64::consts::PI).sqrt() * crate::normal::normal_probability(-EDGE);
    let area = EDGE * density(EDGE) + tail;
    let mut x = [0.0; 257];
    (x[0], x[1]) = (area / density(EDGE), EDGE);
    for layer in 1..255 {
        x[layer + 1] = (-2.0 * (area / x[layer] + density(x[layer])).ln()).sqrt();
    }
    Layers { x, f: x.map(density) }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_of_philox() {
        // Known answers of the authors' test suite, philox2x64 with 10 rounds.
        let block = |seed, low, path| {
            let mut stream = Stream::new(seed, path);
            stream.next_block = low;
            [stream.bits(), stream.bits()]
        };
        assert_eq!(block(0, 0, 0), [0xca00_a045_9843_d731, 0x66c2_4222_c9a8_45b5]);
        assert_eq!(block(u64::MAX, u64::MAX, u64::MAX), [0x65b0_21d6_0cd8_310f, 0x4d02_f322_2f86_df20]);
        assert_eq!(
            block(0xa409_3822_299f_31d0, 0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344),
            [0x0a5e_742c_2997_341c, 0xb0f8_83d3_8000_de5d]
        );
    }

    #[test]
    fn a_stream_depends_on_seed_and_path_alone() {
        let draw = |seed, path| {
            let mut stream = Stream::new(seed, path);
            std::array::from_fn::<f64, 20, _>(|_| stream.normal())
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn normal_numbers_have_normal_moments_and_tails() {
        let n = 400_000;
        let mut stream = Stream::new(7, 0);
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let moment = |power: i32| draws.iter().map(|x| x.powi(power)).sum::<f64>() / f64::from(n);
        // Four standard errors: of z, z², z³, z⁴ they are √1, √2, √15, √96 over √n.
        let error = |variance: f64| 4.0 * (variance / f64::from(n)).sqrt();
        assert!(moment(1).abs() < error(1.0));
        assert!((moment(2) - 1.0).abs() < error(2.0));
        assert!(moment(3).abs() < error(15.0));
        assert!((moment(4) - 3.0).abs() < error(96.0));
        for edge in [-4.0, -3.7, -2.5, -1.0, 0.0, 0.5, 1.5, 3.0] {
            let share = draws.iter().filter(|x| **x <= edge).count() as f64 / f64::from(n);
            let p = crate::normal::normal_probability(edge);
            assert!((share - p).abs() < 4.0 * (p * (1.0 - p) / f64::from(n)).sqrt(), "{edge}: {share} {p}");
        }
    }

    #[test]
    fn gamma_student_and_indices() {
        let n = 200_000;
        let mut stream = Stream::new(11, 3);
        let mean = (0..n).map(|_| stream.gamma(2.5)).sum::<f64>() / f64::from(n);
        assert!((mean - 2.5).abs() < 4.0 * (2.5 / f64::from(n)).sqrt());
        let mean = (0..n).map(|_| stream.gamma(0.75)).sum::<f64>() / f64::from(n);
        assert!((mean - 0.75).abs() < 4.0 * (0.75 / f64::from(n)).sqrt());
        // Student's t with ten degrees: variance 10/8.
        let square = (0..n).map(|_| stream.student_t(10.0).powi(2)).sum::<f64>() / f64::from(n);
        assert!((square - 1.25).abs() < 0.03, "{square}");
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[stream.index(7)] += 1);
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        assert_eq!(stream.index(0), 0);
        assert!((0..n).all(|_| (f64::MIN_POSITIVE..1.0).contains(&stream.uniform())));
    }
}
