using AtomGrains.Torch.Jobs;
using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

public sealed class ExportTests
{
    [Fact]
    public void ExportedNamesAreNanoGpts()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel));
        var job = new GptJob();

        var names = loop.Layout.Entries.Select(entry => job.ExportName(entry.Name)).ToList();

        Assert.Equal("transformer.wte.weight", names[0]);
        Assert.Contains("transformer.h.1.attn.c_attn.weight", names);
        Assert.Equal("transformer.ln_f.weight", names[^1]);
    }

    [Fact]
    public void TheConfigurationHasTheModelsSizesAndSaysHowWeightsLie()
    {
        var configuration = new GptJob().ExportConfiguration(Specs.Run(Specs.SmallModel));

        Assert.Equal(2, configuration["n_layer"]);
        Assert.Equal(16, configuration["n_embd"]);
        Assert.Equal(8, configuration["block_size"]);
        Assert.Equal(11, configuration["vocab_size"]);
        Assert.Equal("out_in", configuration["linear_weight_layout"]);
    }
}
