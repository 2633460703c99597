//! Agglomerative clustering: join the two nearest clusters until one is left.
//!
//!   single: distance of the nearest members · complete: of the farthest · average: mean over all pairs
//!   ward: √(((n_a+n_c)d²_ac + (n_b+n_c)d²_bc − n_c d²_ab)/(n_a+n_b+n_c))
//!
//! Merges are listed by distance; leaves are 0..n, merge k makes cluster n + k, and the lower number is the left child.
//! Ties: lower index first, no reordering of leaves. O(n²): minimum spanning tree for single linkage (Prim), chains of
//! nearest neighbours for the others.
//!
//! Müllner, D. (2011), "Modern hierarchical, agglomerative clustering algorithms". Ward, J. (1963), JASA 58.

/// How far two clusters are from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// Nearest members.
    Single,
    /// Farthest members.
    Complete,
    /// Mean of all pairs.
    Average,
    /// Growth of the spread within clusters.
    Ward,
}

/// Two clusters that became one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// The lower cluster number.
    pub left: usize,
    /// The higher.
    pub right: usize,
    /// Their distance.
    pub distance: f64,
}

/// The n − 1 merges of n leaves with pairwise `distances` (rows one after the other, symmetric).
pub fn linkage(distances: &[f64], n: usize, method: Linkage) -> Vec<Merge> {
    let mut joins = if method == Linkage::Single { spanning_tree(distances, n) } else { chains(distances, n, method) };
    joins.sort_by(|a, b| a.2.total_cmp(&b.2));
    // Clusters are found by their leaves: the root of each leaf's set is the number of its cluster.
    let mut parent: Vec<usize> = (0..2 * n.max(1) - 1).collect();
    let mut merges = Vec::with_capacity(n.saturating_sub(1));
    for (k, (a, b, distance)) in joins.into_iter().enumerate() {
        let (a, b) = (root(&mut parent, a), root(&mut parent, b));
        parent[a] = n + k;
        parent[b] = n + k;
        merges.push(Merge { left: a.min(b), right: a.max(b), distance });
    }
    merges
}

/// Leaves from left to right.
pub fn leaf_order(merges: &[Merge], n: usize) -> Vec<usize> {
    if n == 0 {
        return Vec::new();
    }
    let mut order = Vec::with_capacity(n);
    let mut open = vec![n + merges.len() - 1];
    while let Some(cluster) = open.pop() {
        if cluster < n {
            order.push(cluster);
        } else {
            open.push(merges[cluster - n].right);
            open.push(merges[cluster - n].left);
        }
    }
    order
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// Edges of the minimum spanning tree.
fn spanning_tree(distances: &[f64], n: usize) -> Vec<(usize, usize, f64)> {
    let mut nearest = vec![(f64::INFINITY, 0); n];
    let mut inside = vec![false; n];
    let mut edges = Vec::with_capacity(n.saturating_sub(1));
    let mut newest = 0;
    for _ in 1..n {
        inside[newest] = true;
        let mut next: Option<usize> = None;
        for j in (0..n).filter(|j| !inside[*j]) {
            let distance = distances[newest * n + j];
            if distance < nearest[j].0 {
                nearest[j] = (distance, newest);
            }
            if next.is_none_or(|best| nearest[j].0 < nearest[best].0) {
                next = Some(j);
            }
        }
        let Some(j) = next else { break };
        edges.push((nearest[j].1, j, nearest[j].0));
        newest = j;
    }
    edges
}

/// Joins found by following nearest neighbours until two are nearest to each other.
fn chains(distances: &[f64], n: usize, method: Linkage) -> Vec<(usize, usize, f64)> {
    let mut d = distances.to_vec();
    let mut size = vec![1usize; n];
    let mut joins = Vec::with_capacity(n.saturating_sub(1));
    let mut chain: Vec<usize> = Vec::new();
    while joins.len() + 1 < n {
        if chain.is_empty() {
            let Some(first) = size.iter().position(|size| *size > 0) else { break };
            chain.push(first);
        }
        let (a, b) = loop {
            let a = chain[chain.len() - 1];
            let previous = chain.len().checked_sub(2).map(|place| chain[place]);
            // The previous element wins ties, or the chain could turn in a circle.
            let (mut b, mut least) = previous.map_or((usize::MAX, f64::INFINITY), |b| (b, d[a * n + b]));
            for j in (0..n).filter(|j| size[*j] > 0 && *j != a) {
                if d[a * n + j] < least {
                    (b, least) = (j, d[a * n + j]);
                }
            }
            if b == usize::MAX || Some(b) == previous {
                break (a, b);
            }
            chain.push(b);
        };
        if b == usize::MAX {
            break;
        }
        chain.truncate(chain.len() - 2);
        let (low, high) = (a.min(b), a.max(b));
        let joined = d[low * n + high];
        joins.push((low, high, joined));
        let (size_low, size_high) = (size[low] as f64, size[high] as f64);
        for j in (0..n).filter(|j| size[*j] > 0 && *j != low && *j != high) {
            let (x, y, size_j) = (d[low * n + j], d[high * n + j], size[j] as f64);
            let distance = match method {
                Linkage::Single => x.min(y),
                Linkage::Complete => x.max(y),
                Linkage::Average => (size_low * x + size_high * y) / (size_low + size_high),
                Linkage::Ward => {
                    let sum = (size_low + size_j) * x * x + (size_high + size_j) * y * y - size_j * joined * joined;
                    (sum / (size_low + size_high + size_j)).max(0.0).sqrt()
                }
            };
            d[high * n + j] = distance;
            d[j * n + high] = distance;
        }
        size[high] += size[low];
        size[low] = 0;
    }
    joins
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on a line at 0, 1, 5, 7, 7.5.
    fn line() -> (Vec<f64>, usize) {
        let points = [0.0, 1.0, 5.0, 7.0, 7.5_f64];
        let distances = points.iter().flat_map(|a| points.iter().map(move |b| (a - b).abs())).collect();
        (distances, points.len())
    }

    #[test]
    fn worked_example() {
        let (distances, n) = line();
        let merges = linkage(&distances, n, Linkage::Single);
        let expected = [(3, 4, 0.5), (0, 1, 1.0), (2, 5, 2.0), (6, 7, 4.0)];
        for (merge, (left, right, distance)) in merges.iter().zip(expected) {
            assert_eq!((merge.left, merge.right, merge.distance), (left, right, distance));
        }
        assert_eq!(leaf_order(&merges, n), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_other_linkages_differ_in_distance() {
        let (distances, n) = line();
        let last = |method| linkage(&distances, n, method)[3].distance;
        assert_eq!(last(Linkage::Complete), 7.5);
        assert!((last(Linkage::Average) - 6.0).abs() < 1e-12);
        // Two clusters of 2 and 3 around 0.5 and 6.5: √(2·2·3/5)·6.
        assert!((last(Linkage::Ward) - (12.0_f64 / 5.0).sqrt() * 6.0).abs() < 1e-12);
        assert_eq!(leaf_order(&linkage(&[0.0], 1, Linkage::Single), 1), [0]);
    }

    #[test]
    fn chains_and_spanning_trees_agree_on_single_linkage() {
        let mut uniform = crate::test_problems::uniforms(4);
        let n = 30;
        let points: Vec<f64> = (0..n).map(|_| uniform()).collect();
        let distances: Vec<f64> = points.iter().flat_map(|a| points.iter().map(move |b| (a - b).abs())).collect();
        let mut by_chains = chains(&distances, n, Linkage::Single);
        by_chains.sort_by(|a, b| a.2.total_cmp(&b.2));
        for (a, b) in by_chains.iter().zip(linkage(&distances, n, Linkage::Single)) {
            assert!((a.2 - b.distance).abs() < 1e-15);
        }
    }
}
