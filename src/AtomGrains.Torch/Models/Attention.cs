using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace AtomGrains.Torch.Models;

/// <summary>
/// Attention from elementary operators: libtorch 1.13 has no public fused one, and the fused ones of later versions
/// do not all give the same bits twice.
/// </summary>
public static class Attention
{
    /// <summary>softmax(q kᵀ / √D, no token seeing later ones) v.</summary>
    /// <param name="q_BHTD">Queries, keys and values have one shape.</param>
    /// <param name="dropout">Probability that an attention weight is dropped, while <paramref name="training"/>.</param>
    /// <returns>[B, H, T, D]; the caller disposes it.</returns>
    public static Tensor Causal(Tensor q_BHTD, Tensor k_BHTD, Tensor v_BHTD, double dropout, bool training)
    {
        var (T, D) = (q_BHTD.shape[2], q_BHTD.shape[3]);
        var scores_BHTT = q_BHTD.matmul(k_BHTD.transpose(2, 3)) * (1.0 / Math.Sqrt(D));
        var later_TT = ones(T, T, ScalarType.Bool, q_BHTD.device).triu(1);
        var weights_BHTT = F.softmax(scores_BHTT.masked_fill(later_TT, double.NegativeInfinity), -1);
        return F.dropout(weights_BHTT, dropout, training).matmul(v_BHTD);
    }
}
