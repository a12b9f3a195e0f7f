using AtomGrains.Azure;
using AtomGrains.Commands.Options;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// The store of checkpoints is entered by the variables that Azure's own tools have, in this process and in those that it
/// starts; a silo that was told of one storage account needs them only where its store is in another.
/// </summary>
internal static class StoreAccess
{
    public static void Pass(SettingValues values)
    {
        if (Environment.GetEnvironmentVariable(AzureStoreName.ConnectionVariable) is { Length: > 0 } || Environment.GetEnvironmentVariable(AzureStoreName.AccountVariable) is { Length: > 0 })
        {
            return;
        }

        Environment.SetEnvironmentVariable(AzureStoreName.ConnectionVariable, values.Text(SiloKeys.AzureConnectionString));
        Environment.SetEnvironmentVariable(AzureStoreName.AccountVariable, values.Text(SiloKeys.AzureAccount));
    }
}
