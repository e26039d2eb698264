// SPDX-License-Identifier: Apache-2.0
using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.Tokens.Receipts;

/// <summary>The 401 to a log-in that lacks methods. Source: identity v3 API, "Multi-factor authentication with auth receipts".</summary>
internal sealed class ReceiptAnswer(Incomplete login) : IResult
{
    public const string Header = "Openstack-Auth-Receipt";

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers[Header] = login.Text;
        return new JsonAnswer(StatusCodes.Status401Unauthorized, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("receipt");
            WriteTexts("methods", login.Receipt.Methods);
            writer.WriteStartObject("user");
            writer.WriteStartObject("domain");
            writer.WriteString("id", login.Domain.Id);
            writer.WriteString("name", login.Domain.Name);
            writer.WriteEndObject();
            writer.WriteString("id", login.User.Id);
            writer.WriteString("name", login.User.Name);
            writer.WriteEndObject();
            writer.WriteString("expires_at", TokenRenderer.Time(login.Receipt.ExpiresAt));
            writer.WriteString("issued_at", TokenRenderer.Time(login.Receipt.IssuedAt));
            writer.WriteEndObject();
            writer.WriteStartArray("required_auth_methods");
            foreach (var rule in login.RequiredMethods)
            {
                WriteTexts(null, rule);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();

            void WriteTexts(string? name, IEnumerable<string> texts)
            {
                if (name is not null)
                {
                    writer.WritePropertyName(name);
                }

                writer.WriteStartArray();
                foreach (var text in texts)
                {
                    writer.WriteStringValue(text);
                }

                writer.WriteEndArray();
            }
        }).ExecuteAsync(httpContext);
    }
}
