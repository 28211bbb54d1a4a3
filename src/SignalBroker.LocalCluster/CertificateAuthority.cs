using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SignalBroker.LocalCluster;

/// <summary>How clients trust a CA of one's own.</summary>
public static class TrustedAuthority
{
    extension(X509Certificate2 authority)
    {
        /// <summary>Trusts what this CA has issued, and nothing else.</summary>
        public X509ChainPolicy AsOnlyTrust() =>
            new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { authority },
                RevocationMode = X509RevocationMode.NoCheck,
            };
    }
}

/// <summary>A CA of one's own, for servers of this machine; its key is in no file.</summary>
public sealed class CertificateAuthority
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(30);
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly string key;
    private readonly DateTimeOffset since = TimeProvider.System.GetUtcNow().AddDays(-1);

    public CertificateAuthority()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        key = own.ExportPkcs8PrivateKeyPem();
        var request = new CertificateRequest("CN=SignalBroker on this machine", own, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var signed = request.CreateSelfSigned(since, since + Life);
        Certificate = X509CertificateLoader.LoadCertificate(signed.RawData);
    }

    /// <summary>What clients have to trust.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Makes a server's certificate, with a serial number of its own.</summary>
    /// <param name="address">The IP address under which clients reach it; <c>localhost</c> is in the certificate as well.</param>
    /// <returns>The certificate and its key, PEM.</returns>
    public (string Certificate, string Key) Issue(string address)
    {
        using var signer = ECDsa.Create();
        signer.ImportFromPem(key);
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false)
        );
        using var issued = request.Create(
            Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(signer),
            since,
            since + Life,
            RandomNumberGenerator.GetBytes(16)
        );
        return ($"{issued.ExportCertificatePem()}\n", $"{own.ExportPkcs8PrivateKeyPem()}\n");
    }
}
