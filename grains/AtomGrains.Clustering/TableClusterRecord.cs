using Azure;
using Azure.Data.Tables;
using Orleans.Clustering.AzureStorage;

namespace AtomGrains.Clustering;

/// <summary>
/// A row in the table in which the members meet, which whoever may join can write; in a partition of its own, since all rows
/// of the cluster's are members to Orleans.
/// </summary>
internal sealed class TableClusterRecord(TableServiceClient tables, string clusterId) : IClusterRecord
{
    private static readonly string Table = new AzureStorageClusteringOptions().TableName;
    private const string Row = "cluster";
    private const string Column = "Check";

    private const int Conflict = 409;

    private readonly TableClient _table = tables.GetTableClient(Table);

    // No cluster's id has a dot.
    private readonly string _partition = $"{clusterId}.check";

    public string Place => $"row {Row} of partition {_partition} in table {Table}";

    public async Task<string?> ReadAsync()
    {
        await _table.CreateIfNotExistsAsync().ConfigureAwait(false);
        var found = await _table.GetEntityIfExistsAsync<TableEntity>(_partition, Row).ConfigureAwait(false);
        return found.HasValue ? found.Value!.GetString(Column) : null;
    }

    public async Task CreateAsync(string text)
    {
        try
        {
            await _table.AddEntityAsync(new TableEntity(_partition, Row) { [Column] = text }).ConfigureAwait(false);
        }
        catch (RequestFailedException answer) when (answer.Status == Conflict)
        {
            // Another silo was first, or a request of this one that was sent again.
        }
    }
}
