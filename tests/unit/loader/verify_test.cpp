#include "loader/verify.hpp"

#include <catch2/catch.hpp>

#include "base/hash.hpp"
#include "unit/base/signer.hpp"
#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using namespace socle::testing;
using Texts = std::vector<std::string>;

TEST_CASE("verify: a correct plugin passes and its bytes are kept", "[verify]") {
  const Verified good = verified("good_a", "swap");
  CHECK(good.bytes == bytes_of("good_a"));
  CHECK(good.sha256 == *socle::base::sha256_hex(good.bytes));
  CHECK(good.abi == AbiVersion{1, 0});
  CHECK(good.pins.empty());
  CHECK_FALSE(good.signed_by);
}

TEST_CASE("verify: a missing library is named", "[verify]") {
  const TempFolder folder;
  const auto path = folder.path() / "libnone.so";
  const auto result = verify(path, expect("none"), {});
  REQUIRE_FALSE(result);
  CHECK(result.error().message ==
        "verify plugin 'none': 1 finding: [unreadable] found open '" + path.string() +
            "': No such file or directory; wanted a readable file of at most 256 MiB; do: check "
            "`library:` and the file's rights");
}

TEST_CASE("verify: a file that is no ELF is refused", "[verify]") {
  CHECK(findings_of(inspect("plugin", {}, expect("x"), {})) ==
        Texts{"[elf] found not a loadable library: no ELF file (its first bytes are not 7f 45 4c 46); wanted a shared "
              "library "
              "for this machine; do: build it again and copy it whole"});
}

TEST_CASE("verify: no or several ABI notes are refused", "[verify]") {
  const std::string rest =
      "; wanted one ELF note of owner 'socle', type 1; do: put SOCLE_ABI_NOTE into one source file (SOCLE_PLUGIN does)";
  CHECK(refusal_of("no_note") == Texts{"[abi_note] found no ABI note" + rest});
  CHECK(refusal_of("two_notes") == Texts{"[abi_note] found 2 ABI notes" + rest});
}

TEST_CASE("verify: another major is refused with both numbers", "[verify]") {
  CHECK(refusal_of("other_major", {2, 0}) == Texts{"[abi_major] found ABI 2.0; wanted major 1 (this kernel is ABI "
                                                   "1.1); do: use a kernel of that major, or rebuild "
                                                   "against this kernel's SDK"});
  CHECK(findings_of(inspect(bytes_of("good_a"), {}, expect("swap"), {{}, {}, {3, 4}})) ==
        Texts{"[abi_major] found ABI 1.0; wanted major 3 (this kernel is ABI 3.4); do: rebuild the plugin against this "
              "kernel's SDK"});
}

TEST_CASE("verify: a larger minor is refused, a smaller one is served", "[verify]") {
  CHECK(refusal_of("larger_minor", {1, 7}) == Texts{"[abi_minor] found ABI 1.7; wanted at most 1.1, this kernel's; do: "
                                                    "update the kernel, or rebuild the plugin against its SDK"});
  CHECK(refusal_of("larger_minor", {1, 7}, {{}, {}, {1, 9}}).empty());
}

TEST_CASE("verify: a manifest that names another ABI than the library is refused", "[verify]") {
  CHECK(findings_of(inspect(bytes_of("good_a"), {}, expect("swap", {1, 1}), {})) ==
        Texts{"[abi_manifest] found ABI 1.0 in the library; wanted 1.1, as its manifest says; do: correct `abi:` in "
              "the manifest, "
              "or ship the library that belongs to it"});
}

TEST_CASE("verify: content other than the pinned one is refused", "[verify]") {
  Expected expected = expect("swap");
  expected.sha256 = verified("good_a", "swap").sha256;
  CHECK(inspect(bytes_of("good_a"), {}, expected, {}).verified);
  CHECK(findings_of(inspect(bytes_of("good_b"), {}, expected, {})) ==
        Texts{"[sha256] found SHA-256 " + verified("good_b", "swap").sha256 + "; wanted " + *expected.sha256 +
              "; do: restore the library that was pinned, or pin this one"});
}

TEST_CASE("verify: a missing entry is refused", "[verify]") {
  CHECK(refusal_of("missing_export").at(0) ==
        "[export_missing] found no exported function socle_plugin_entry; wanted exactly one export, "
        "socle_plugin_entry; do: define it "
        "(SOCLE_PLUGIN does) and build with socle_add_plugin()");
}

TEST_CASE("verify: a second export is refused by name", "[verify]") {
  CHECK(refusal_of("two_exports") ==
        Texts{"[export_extra] found also exported: 'helper_for_others'; wanted exactly one export, "
              "socle_plugin_entry; do: build with socle_add_plugin(), whose version script hides the rest"});
}

TEST_CASE("verify: GNU_UNIQUE symbols are refused by name", "[verify]") {
  const auto texts = refusal_of("unique_symbol");
  REQUIRE(texts.size() == 2);
  CHECK(texts[1] ==
        "[symbol_unique] found GNU_UNIQUE symbols '_ZZ7countervE5value'; wanted none: they pin the library for ever; "
        "do: build "
        "with socle_add_plugin(), or with -fno-gnu-unique and hidden visibility");
}

TEST_CASE("verify: threads of its own are refused, by pthread, C11 and std::thread", "[verify]") {
  const std::string rest =
      "'; wanted no thread functions: plugins own no threads; do: use the host's offload(), timers and watches "
      "instead, or grant 'threads' in the system manifest";
  CHECK(refusal_of("own_pthread") == Texts{"[import_thread] found it uses 'pthread_create" + rest});
  CHECK(refusal_of("imports_thrd_create") == Texts{"[import_thread] found it uses 'thrd_create" + rest});
  const auto texts = refusal_of("own_std_thread");
  REQUIRE(texts.size() == 1);
  CHECK_THAT(texts[0], Catch::StartsWith("[import_thread] found it uses '_ZNSt6thread15_M_start_thread"));
}

TEST_CASE("verify: exit and thread-end handlers are refused", "[verify]") {
  const std::string rest =
      "'; wanted no exit or thread-end handlers: they outlive the library; do: release it in destroy() or in the STOP "
      "hook";
  CHECK(refusal_of("uses_atexit") == Texts{"[import_atexit] found it uses 'atexit" + rest});
  CHECK(refusal_of("imports_on_exit") == Texts{"[import_atexit] found it uses 'on_exit" + rest});
  CHECK(refusal_of("imports_pthread_key_create") ==
        Texts{"[import_thread_key] found it uses 'pthread_key_create" + rest});
}

TEST_CASE("verify: a thread_local with a destructor is refused", "[verify]") {
  CHECK(refusal_of("thread_local_destructor") ==
        Texts{"[import_thread_atexit] found it uses '__cxa_thread_atexit'; wanted no thread_local object with a "
              "destructor: it pins the "
              "library; do: keep such state in the instance, or make the type trivially destructible"});
}

TEST_CASE("verify: dlopen is refused unless granted", "[verify]") {
  CHECK(refusal_of("imports_dlopen") ==
        Texts{"[import_dlopen] found it uses 'dlopen'; wanted no dlopen without the grant; do: link what is "
              "needed statically, or grant 'dlopen' in the system manifest"});
  CHECK_THAT(refusal_of("imports_dlmopen").at(0),
             Catch::Matchers::StartsWith("[import_dlopen] found it uses 'dlmopen'"));
  Expected granted = expect("imports_dlopen");
  granted.grants = {"dlopen"};
  CHECK(inspect_file(library_of("imports_dlopen"), granted, {}).verified);
}

TEST_CASE("verify: language runtimes are known by their symbols", "[verify]") {
  const auto runtime = [](const std::string& name, const std::string& symbol) {
    return Texts{"[runtime] found the " + name + " runtime (symbol '" + symbol +
                 "'); wanted no runtime that owns threads or cannot be "
                 "unloaded; do: do without it, or put that code into a process of its own behind a plugin"};
  };
  CHECK(refusal_of("runtime_GOMP_parallel") == runtime("OpenMP", "GOMP_parallel"));
  CHECK(refusal_of("runtime_JNI_CreateJavaVM") == runtime("JVM", "JNI_CreateJavaVM"));
  CHECK(refusal_of("runtime_crosscall2") == runtime("Go", "crosscall2"));
  CHECK(refusal_of("runtime_qt_version_tag") == runtime("Qt", "qt_version_tag"));
}

TEST_CASE("verify: a library may need resident libraries only", "[verify]") {
  const std::string rest =
      "; wanted only the C and C++ runtime and resident libraries; do: link it statically and hidden, or add it to "
      "`resident:` in the system manifest";
  CHECK(refusal_of("needs_private") == Texts{"[needs_library] found it needs 'libsocle_private_library.so'" + rest});
  CHECK(refusal_of("needs_resident") == Texts{"[needs_library] found it needs 'libcrypto.so.3'" + rest});
  CHECK(refusal_of("needs_resident", {1, 0}, {{}, {"libcrypto.so.3"}, {}}).empty());
}

TEST_CASE("verify: flags that pin the library or weaken the process are refused", "[verify]") {
  CHECK(refusal_of("nodelete") == Texts{"[flag_nodelete] found the flag NODELETE; wanted a library that can be "
                                        "unloaded; do: link without -z nodelete"});
  CHECK(refusal_of("executable_stack") ==
        Texts{"[executable_stack] found it asks for an executable stack; wanted none: it would hold for the whole "
              "process; do: link with -z noexecstack; assembler files need a .note.GNU-stack section"});
}

TEST_CASE("verify: all findings come at once", "[verify]") {
  const auto result = verify(library_of("unique_symbol"), expect("unique_symbol", {1, 3}), {{}, {}, {2, 0}});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == socle::Code::invalid);
  CHECK_THAT(result.error().message, Catch::StartsWith("verify plugin 'unique_symbol': 4 findings: [abi_major] ") &&
                                         Catch::Contains(" | [abi_manifest] ") &&
                                         Catch::Contains(" | [export_extra] ") &&
                                         Catch::Contains(" | [symbol_unique] "));
}

TEST_CASE("verify: a trusted signature is accepted and its key named", "[verify]") {
  const Signer other, signer;
  const std::string bytes = bytes_of("good_a");
  const Policy policy{{other.public_hex(), signer.public_hex()}, {}, {}};
  const Report report = inspect(bytes, signer.sign(bytes), expect("swap"), policy);
  REQUIRE(report.verified);
  REQUIRE(report.verified->signed_by);
  CHECK(report.verified->signed_by->size() == 16);
}

TEST_CASE("verify: the signature lies beside the library as LIB.sig", "[verify]") {
  const TempFolder folder;
  const Signer signer;
  const auto path = folder.path() / "lib.so";
  const std::string bytes = bytes_of("good_a");
  const Policy policy{{signer.public_hex()}, {}, {}};
  REQUIRE(socle::base::create_file(path, bytes, 0600));
  CHECK_FALSE(verify(path, expect("swap"), policy));
  REQUIRE(socle::base::create_file(folder.path() / "lib.so.sig", socle::base::to_hex(signer.sign(bytes)) + "\n", 0600));
  CHECK(verify(path, expect("swap"), policy));
}

TEST_CASE("verify: with a trust list an unsigned library is refused", "[verify]") {
  const Signer signer;
  CHECK(findings_of(inspect(bytes_of("good_a"), {}, expect("swap"), {{signer.public_hex()}, {}, {}})) ==
        Texts{"[unsigned] found no signature file; wanted an Ed25519 signature by a key of the operator's trust list; "
              "do: sign the library into "
              "LIB.sig, or empty `trust:` in the system manifest"});
}

TEST_CASE("verify: a bad signature is refused", "[verify]") {
  const Signer signer, stranger;
  const std::string bytes = bytes_of("good_a");
  const Policy policy{{signer.public_hex()}, {}, {}};
  const Texts refused{
      "[signature_bad] found a signature that no trusted key made for these bytes; wanted one by a key of the "
      "operator's trust "
      "list (1 keys); do: sign this very file again, or add the signer's key to `trust:`"};
  CHECK(findings_of(inspect(bytes, stranger.sign(bytes), expect("swap"), policy)) == refused);
  CHECK(findings_of(inspect(bytes, signer.sign(bytes + "x"), expect("swap"), policy)) == refused);
}

TEST_CASE("verify: without a trust list a signature must at least be one", "[verify]") {
  const Signer signer;
  const std::string bytes = bytes_of("good_a");
  CHECK(inspect(bytes, signer.sign(bytes), expect("swap"), {}).verified);
  CHECK(findings_of(inspect(bytes, "AAAA", expect("swap"), {})) ==
        Texts{"[signature_form] found signature has 3 bytes; wanted the 64 of Ed25519; wanted an Ed25519 signature; "
              "do: sign again: openssl "
              "pkeyutl -sign -rawin -inkey KEY -in LIB -out LIB.sig"});
}

TEST_CASE("verify: a trust list with a wrong key says so", "[verify]") {
  const Signer signer;
  const std::string bytes = bytes_of("good_a");
  CHECK(findings_of(inspect(bytes, signer.sign(bytes), expect("swap"), {{"nonsense!"}, {}, {}})).at(0) ==
        "[trust_key] found public key 'nonsense!' is neither hex nor base64; wanted an Ed25519 key as 64 hex digits or "
        "base64; wanted an Ed25519 "
        "public key; do: correct `trust:` in the system manifest");
}
