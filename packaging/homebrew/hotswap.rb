# A release fills in the version and the checksums (packaging/release), and the owner copies the file to the tap,
# github.com/hotswap-dev/homebrew-tap: brew install hotswap-dev/tap/hotswap.
class Hotswap < Formula
  desc "Swaps a server's process on each save without closing its port"
  homepage "https://github.com/hotswap-dev/hotswap"
  version "VERSION"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/hotswap-dev/hotswap/releases/download/vVERSION/hotswap_VERSION_darwin_arm64.tar.gz"
      sha256 "SHA256_darwin_arm64"
    end
    on_intel do
      url "https://github.com/hotswap-dev/hotswap/releases/download/vVERSION/hotswap_VERSION_darwin_amd64.tar.gz"
      sha256 "SHA256_darwin_amd64"
    end
  end
  on_linux do
    on_arm do
      url "https://github.com/hotswap-dev/hotswap/releases/download/vVERSION/hotswap_VERSION_linux_arm64.tar.gz"
      sha256 "SHA256_linux_arm64"
    end
    on_intel do
      url "https://github.com/hotswap-dev/hotswap/releases/download/vVERSION/hotswap_VERSION_linux_amd64.tar.gz"
      sha256 "SHA256_linux_amd64"
    end
  end

  def install
    bin.install "hotswap"
    generate_completions_from_executable(bin/"hotswap", "completion")
    (man1/"hotswap.1").write Utils.safe_popen_read(bin/"hotswap", "man")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/hotswap --version")
  end
end
