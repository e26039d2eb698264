// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Meridian.Identity.Tokens;

/// <summary>Writes the few MessagePack forms that token payloads use, as msgpack-python 1.x writes them.</summary>
internal readonly ref struct MessagePackWriter(ArrayBufferWriter<byte> output)
{
    public void Array(int count)
    {
        if (count > 15)
        {
            Head(0xdc, (ushort)count);
        }
        else
        {
            Put((byte)(0x90 | count));
        }
    }

    public void Nil() => Put(0xc0);

    public void Boolean(bool value) => Put(value ? (byte)0xc3 : (byte)0xc2);

    public void Integer(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        switch (value)
        {
            case < 0x80:
                Put((byte)value);
                break;
            case <= 0xff:
                Put(0xcc);
                Put((byte)value);
                break;
            case <= 0xffff:
                Head(0xcd, (ushort)value);
                break;
            default:
                Put(0xce);
                BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), value);
                output.Advance(4);
                break;
        }
    }

    public void Double(double value)
    {
        Put(0xcb);
        BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        switch (bytes.Length)
        {
            case < 32:
                Put((byte)(0xa0 | bytes.Length));
                break;
            case <= 0xff:
                Put(0xd9);
                Put((byte)bytes.Length);
                break;
            default:
                Head(0xda, checked((ushort)bytes.Length));
                break;
        }

        output.Write(bytes);
    }

    public void Binary(ReadOnlySpan<byte> value)
    {
        if (value.Length <= 0xff)
        {
            Put(0xc4);
            Put((byte)value.Length);
        }
        else
        {
            Head(0xc5, checked((ushort)value.Length));
        }

        output.Write(value);
    }

    private void Put(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private void Head(byte type, ushort size)
    {
        Put(type);
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), size);
        output.Advance(2);
    }
}

/// <summary>
/// Reads what <see cref="MessagePackWriter"/> writes, and the raw form of msgpack before 1.0, which has one type for texts and bytes.
/// Anything else, and anything cut short, is a <see cref="FormatException"/>.
/// </summary>
internal ref struct MessagePackReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> rest = input;

    public readonly bool AtEnd => rest.IsEmpty;

    public int Array()
    {
        var type = Next();
        return type switch
        {
            >= 0x90 and <= 0x9f => type & 0x0f,
            0xdc => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            _ => throw Unexpected(type, "an array"),
        };
    }

    public bool Boolean()
    {
        var type = Next();
        return type switch { 0xc2 => false, 0xc3 => true, _ => throw Unexpected(type, "a boolean") };
    }

    /// <summary>Passes over a null where the next value is one.</summary>
    public bool TryNil()
    {
        if (rest.IsEmpty || rest[0] != 0xc0)
        {
            return false;
        }

        Next();
        return true;
    }

    public int Integer()
    {
        var type = Next();
        return type switch
        {
            < 0x80 => type,
            0xcc => Next(),
            0xcd => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xce => checked((int)BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            _ => throw Unexpected(type, "an integer"),
        };
    }

    /// <summary>A float, or an integer as early Keystones wrote for expiry times.</summary>
    public double Number()
    {
        switch (rest.IsEmpty ? 0 : rest[0])
        {
            case 0xca:
                Next();
                return BinaryPrimitives.ReadSingleBigEndian(Take(4));
            case 0xcb:
                Next();
                return BinaryPrimitives.ReadDoubleBigEndian(Take(8));
            default:
                return Integer();
        }
    }

    /// <param name="isText">False when the value was marked as binary; true for text and for the old raw form.</param>
    public ReadOnlySpan<byte> Bytes(out bool isText)
    {
        var type = Next();
        isText = type is (>= 0xa0 and <= 0xbf) or 0xd9 or 0xda;
        return type switch
        {
            >= 0xa0 and <= 0xbf => Take(type & 0x1f),
            0xd9 or 0xc4 => Take(Next()),
            0xda or 0xc5 => Take(BinaryPrimitives.ReadUInt16BigEndian(Take(2))),
            _ => throw Unexpected(type, "a text or bytes"),
        };
    }

    private byte Next() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
        {
            throw new FormatException("The payload ends too early.");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static FormatException Unexpected(byte type, string wanted) => new($"Expected {wanted}, found type 0x{type:x2}.");
}
