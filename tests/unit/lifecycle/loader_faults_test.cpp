// What the loader refuses, refused by `load`: the finding reaches the operator, nothing of the library stays, and a
// good plugin answers all the while. The whole texts are in tests/unit/loader.
#include "unit/base/signer.hpp"
#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

struct LibraryFault {
  const char* fixture;
  const char* text;  // of the finding
  const char* abi = "1.0";
  const char* more = "";  // of the manifest
};

Error library_refused(System& s, const LibraryFault& fault, const std::string& plugin) {
  s.abi = fault.abi;
  const auto folder = s.package(fault.fixture, fault.fixture, plugin, fault.more);
  const auto result = s.life->load(folder, manifest::Home::kernel);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::invalid);
  CHECK_THAT(result.error().message, Contains(fault.text));
  CHECK(s.life->plugin_count() == 1);
  CHECK_FALSE(s.life->call(plugin + "/1", "answer", "{}"));
  return result.error();
}

void sign_library(const std::filesystem::path& folder, const std::string& fixture, const testing::Signer& signer) {
  const auto library = folder / ("lib" + fixture + ".so");
  const auto bytes = base::read_file(library, loader::max_library_size);
  REQUIRE(bytes);
  REQUIRE(base::write_file_atomic(library.string() + ".sig", base::to_hex(signer.sign(*bytes)) + "\n"));
}

}  // namespace

TEST_CASE("lifecycle: a library that the check refuses is never mapped", "[lifecycle]") {
  System s;
  s.boot_good();
  Caller caller(s);
  const LibraryFault faults[] = {
      {"no_note", "[abi_note] found no ABI note"},
      {"two_notes", "[abi_note] found 2 ABI notes"},
      {"other_major", "[abi_major] found ABI 2.0; wanted major 1", "2.0"},
      {"larger_minor", "[abi_minor] found ABI 1.7; wanted at most 1.1", "1.7"},
      {"good_a", "[abi_manifest] found ABI 1.0 in the library; wanted 1.1", "1.1"},
      {"good_b", "[sha256] found SHA-256 ", "1.0",
       "sha256: \"00000000000000000000000000000000000000000000000000000000000000aa\""},
      {"missing_export", "[export_missing] found no exported function socle_plugin_entry"},
      {"two_exports", "[export_extra] found also exported: 'helper_for_others'"},
      {"unique_symbol", "[symbol_unique] found GNU_UNIQUE symbols '_ZZ7countervE5value'"},
      {"own_pthread", "[import_thread] found it uses 'pthread_create'"},
      {"own_std_thread", "[import_thread] found it uses '_ZNSt6thread15_M_start_thread"},
      {"imports_thrd_create", "[import_thread] found it uses 'thrd_create'"},
      {"uses_atexit", "[import_atexit] found it uses 'atexit'"},
      {"imports_on_exit", "[import_atexit] found it uses 'on_exit'"},
      {"imports_pthread_key_create", "[import_thread_key] found it uses 'pthread_key_create'"},
      {"thread_local_destructor", "[import_thread_atexit] found it uses '__cxa_thread_atexit'"},
      {"imports_dlopen", "[import_dlopen] found it uses 'dlopen'"},
      {"imports_dlmopen", "[import_dlopen] found it uses 'dlmopen'"},
      {"runtime_GOMP_parallel", "[runtime] found the OpenMP runtime (symbol 'GOMP_parallel')"},
      {"runtime_JNI_CreateJavaVM", "[runtime] found the JVM runtime (symbol 'JNI_CreateJavaVM')"},
      {"runtime_crosscall2", "[runtime] found the Go runtime (symbol 'crosscall2')"},
      {"runtime_qt_version_tag", "[runtime] found the Qt runtime (symbol 'qt_version_tag')"},
      {"needs_private", "[needs_library] found it needs 'libsocle_private_library.so'"},
      {"needs_resident", "[needs_library] found it needs 'libcrypto.so.3'"},
      {"nodelete", "[flag_nodelete] found the flag NODELETE"},
      {"executable_stack", "[executable_stack] found it asks for an executable stack"},
  };
  for (const LibraryFault& fault : faults) {
    INFO(fault.fixture);
    const Error why = library_refused(s, fault, "refused");
    CHECK_THAT(why.message, Catch::Matchers::StartsWith("verify plugin 'refused': "));
  }
  CHECK_THAT(s.states("refused"), Contains("no plugin 'refused' is or was loaded"));
  CHECK_THAT(s.life->status_json(), Contains("\"retained\":0,"));
}

TEST_CASE("lifecycle: a library whose descriptor is refused is unmapped", "[lifecycle]") {
  System s;
  s.boot_good();
  Caller caller(s);
  const LibraryFault faults[] = {
      {"null_descriptor", "[descriptor] found NULL from socle_plugin_entry()"},
      {"garbage_descriptor", "[descriptor] found an unreadable pointer from socle_plugin_entry()"},
      {"entry_throws", "[descriptor] found socle_plugin_entry() threw an exception"},
      {"short_struct_size", "[descriptor] found struct_size 24; wanted at least 72 (ABI 1.0)"},
      {"other_name", "[descriptor] found the name 'somebody_else'; wanted 'other-name', as its manifest says"},
      {"descriptor_major", "[descriptor] found ABI 2.0 in the descriptor; wanted 1.1 or an earlier minor"},
      {"note_differs", "[descriptor] found ABI 1.0 in the descriptor and 1.1 in the ELF note", "1.1"},
      {"null_create", "[descriptor] found no create() (NULL); wanted a function"},
      {"null_destroy", "[descriptor] found no destroy() (NULL); wanted a function"},
      {"null_handle", "[descriptor] found no handle() (NULL); wanted a function"},
      {"garbage_methods", "[descriptor] found a method table that cannot be read; wanted 1 methods"},
      {"unnamed_method", "[descriptor] found method 0 with service 'unnamed-method/1' and name ''"},
  };
  for (const LibraryFault& fault : faults) {
    INFO(fault.fixture);
    const std::string plugin = plugin_of(fault.fixture);
    const Error why = library_refused(s, fault, plugin);
    CHECK_THAT(why.message, Contains("plugin '" + plugin + "' 1.0.0: load plugin '" + plugin + "': [descriptor] "));
    CHECK_THAT(s.states(plugin),
               Contains(loader::sanitizer_build() ? "\"state\":\"retained\",\"reason\":\"refused, and still mapped\""
                                                  : "\"state\":\"unmapped\""));
  }
  const size_t kept = loader::sanitizer_build() ? std::size(faults) : 0;
  CHECK_THAT(s.life->status_json(), Contains("\"retained\":" + std::to_string(kept) + ","));
}

TEST_CASE("lifecycle: with a trust list a library loads only with the signature of a trusted key", "[lifecycle]") {
  const testing::Signer signer, stranger;
  System s;
  s.trust = "\"ed25519:" + signer.public_hex() + "\"";
  sign_library(s.package("a", "good_a", "swap"), "good_a", signer);
  s.package("b", "good_b", "swap", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  Caller caller(s);
  const LibraryFault no_signature{
      "null_payload",
      "[unsigned] found no signature file; wanted an Ed25519 signature by a key of the operator's trust list"};
  const LibraryFault other_key{"null_payload",
                               "[signature_bad] found a signature that no trusted key made for these bytes"};
  library_refused(s, no_signature, "null-payload");
  sign_library(s.at("null_payload"), "null_payload", stranger);
  library_refused(s, other_key, "null-payload");
  CHECK_THAT(s.refused(s.life->swap("swap", s.at("b"), {})).message, Contains("[unsigned] found no signature file"));
  CHECK_THAT(s.life->status_json(), Contains("\"retained\":0,"));

  sign_library(s.at("null_payload"), "null_payload", signer);
  REQUIRE(s.life->load(s.at("null_payload"), manifest::Home::kernel));
  CHECK(s.life->plugin_count() == 2);
  CHECK(s.call("null-payload/1") == "{}");
  CHECK_THAT(s.states("null-payload"), Contains("\"state\":\"active\"") && !Contains("\"signed_by\":\"\""));
}

}  // namespace socle::lifecycle::test
