using System.Collections;
using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary><c>config.json</c> beside the weights: what the training job says of its model, for other programs.</summary>
public static class ConfigurationFile
{
    public const string FileName = "config.json";

    /// <param name="configuration">Strings, numbers, booleans, and lists of them.</param>
    /// <exception cref="ArgumentException">A value of another kind.</exception>
    public static byte[] Serialize(IReadOnlyDictionary<string, object> configuration)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            foreach (var (name, value) in configuration)
            {
                json.WritePropertyName(name);
                Write(json, name, value);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long:
                json.WriteNumberValue(Convert.ToInt64(value));
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (var item in list)
                {
                    Write(json, name, item);
                }

                json.WriteEndArray();
                break;
            default:
                throw new ArgumentException($"{name} is a {value.GetType().Name}; must be text, number, boolean or a list");
        }
    }
}
