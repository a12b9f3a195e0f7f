using System.Text;

namespace AtomGrains.Bench.Figures;

/// <summary>Figures as lines of text.</summary>
internal static class FigureTable
{
    public static string Of(IReadOnlyList<Figure> figures)
    {
        var width = figures.Max(figure => figure.Name.Length);
        var text = new StringBuilder();
        text.AppendLine($"  {"".PadRight(width)} {"n",4} {"min",10} {"median",10} {"max",10}  unit         bound");
        foreach (var figure in figures)
        {
            var met = figure.Bound.Length == 0 ? "" : figure.IsMet ? $"{figure.Bound}  met" : $"{figure.Bound}  MISSED";
            text.AppendLine($"  {figure.Name.PadRight(width)} {figure.Samples.Count,4} {Short(figure.Min),10} {Short(figure.Median),10} {Short(figure.Max),10}  {figure.Unit,-12} {met}");
        }

        return text.ToString();
    }

    private static string Short(double value) => Math.Abs(value) >= 1000 ? value.ToString("N0") : value.ToString("G4");
}
