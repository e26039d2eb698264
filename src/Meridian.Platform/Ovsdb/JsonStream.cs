// SPDX-License-Identifier: Apache-2.0

using System.Text.Json;

namespace Meridian.Platform.Ovsdb;

/// <summary>Cuts a stream of JSON objects that follow one another without separator (RFC 7047 section 4.1 has no framing).</summary>
internal sealed class JsonStream(Stream stream)
{
    /// <summary>A bound against a peer that never ends its message; the largest real one is the first copy of a database.</summary>
    private const int MaximumBytes = 512 * 1024 * 1024;

    private byte[] buffer = new byte[16 * 1024];
    private int filled;
    private int scanned;
    private int depth;
    private bool inText;
    private bool escaped;

    /// <returns>Null at the end of the stream.</returns>
    public async Task<JsonDocument?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (FindEnd() is { } length)
            {
                var document = JsonDocument.Parse(buffer.AsSpan(0, length).ToArray());
                buffer.AsSpan(length, filled - length).CopyTo(buffer);
                filled -= length;
                scanned = 0;
                if (filled == 0 && buffer.Length > 1024 * 1024)
                {
                    buffer = new byte[16 * 1024];
                }

                return document;
            }

            if (filled == buffer.Length)
            {
                if (buffer.Length >= MaximumBytes)
                {
                    throw new OvsdbException($"the OVSDB server sent a message of more than {MaximumBytes} bytes");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            filled += read;
        }
    }

    private int? FindEnd()
    {
        for (; scanned < filled; scanned++)
        {
            var c = buffer[scanned];
            if (inText)
            {
                if (escaped)
                {
                    escaped = false;
                }
                else if (c == '\\')
                {
                    escaped = true;
                }
                else if (c == '"')
                {
                    inText = false;
                }
            }
            else if (c == '"')
            {
                inText = true;
            }
            else if (c is (byte)'{' or (byte)'[')
            {
                depth++;
            }
            else if (c is (byte)'}' or (byte)']' && --depth == 0)
            {
                return scanned + 1;
            }
        }

        return null;
    }
}
