using AtomGrains.Azure;

namespace AtomGrains.Node.Tests.Storage.Objects;

public sealed class AzureStoreNameTests
{
    [Theory]
    [InlineData("az://runs", "runs", "")]
    [InlineData("az://runs/", "runs", "")]
    [InlineData("az://my-runs/gpt/seed-1", "my-runs", "gpt/seed-1")]
    public void ANameIsAContainerAndAPrefix(string text, string container, string prefix) =>
        Assert.Equal(new AzureStoreName(container, prefix), AzureStoreName.Parse(text));

    [Theory]
    [InlineData("az://")]
    [InlineData("az://ab")]
    [InlineData("az://Runs/a")]
    [InlineData("az://a--b")]
    [InlineData("az://runs/../other")]
    [InlineData("runs/a")]
    public void WhatIsNoNameIsRefusedWithItsForm(string text)
    {
        Assert.Throws<ArgumentException>(() => AzureStoreName.Parse(text));
        Assert.StartsWith("must be az://CONTAINER/PREFIX", AzureStoreName.Fault(text));
    }
}
