"""Scales of the literal decoder, from bitstream_spec.md alone; [n] is its section n."""

import numpy as np


def means(z, factor):
    """Means over squares of factor x factor pixels."""
    height, width = z.shape[1] // factor, z.shape[2] // factor
    return z.reshape(-1, height, factor, width, factor).mean(axis=(2, 4))


def enlarged_axis(z, factor):
    """U_S along the first axis [1.4]."""
    n = len(z)
    matrix = np.zeros((n + 1, n + 1))
    right = np.zeros((n + 1, *z.shape[1:]))
    for i in range(n + 1):
        matrix[i, i] += 4
        matrix[i, i - 1 if i > 0 else 1] += 1
        matrix[i, i + 1 if i < n else n - 1] += 1
        right[i] = 3 * (z[max(i - 1, 0)] + z[min(i, n - 1)])
    m = np.linalg.solve(matrix, right.reshape(n + 1, -1)).reshape(right.shape)
    result = np.zeros((n * factor, *z.shape[1:]))
    for i in range(n):
        first, second = 6 * z[i] - 4 * m[i] - 2 * m[i + 1], 3 * m[i] + 3 * m[i + 1] - 6 * z[i]
        for k in range(factor):
            a, b = k / factor, (k + 1) / factor
            integral = m[i] * (b - a) + first * (b**2 - a**2) / 2 + second * (b**3 - a**3) / 3
            result[factor * i + k] = integral / (b - a)
    return result


def enlarged(z, factor):
    """U_S along both axes [1.4]."""
    z = enlarged_axis(z.transpose(1, 0, 2), factor).transpose(1, 0, 2)
    return enlarged_axis(z.transpose(2, 0, 1), factor).transpose(1, 2, 0)


def coverage(length, count, samples):
    """The matrix of means over each of `count` equal parts of [0, length], samples being 1 long [1.5]."""
    start, column = np.arange(count)[:, None] * length / count, np.arange(samples)
    shared = np.minimum(start + length / count, column + 1) - np.maximum(start, column)
    return np.maximum(shared, 0) * count / length
