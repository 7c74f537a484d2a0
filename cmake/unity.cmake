# weir_unite(DIRECTORY): compiles the files of each library in DIRECTORY and below together, up to twelve at a time
# (WEIR_UNITY); weir_unite_target(TARGET) those of one target. That costs a quarter of the processor time, as headers are
# read once for all of them; but a change compiles its whole group again. tests/run.sh and examples/quickstart.sh want the
# first, a developer the second.
#
# A group is a folder; in rules/keywords and output/eve it is what belongs to one protocol, or shares another prefix
# (flow_age.cc, flow_pkts.cc), so that what one protocol calls its own never meets another's; the rows of all protocols are
# one. Within a group, names in anonymous namespaces must differ; where the same name is the right one in both files
# ("redefinition of ..." says the compiler), one of them stands in this list and is compiled alone.
set(WEIR_ALONE
  decoders/app/tls/tls.cc
  decoders/net/ipv6.cc
  decoders/transport/icmpv6.cc
  decoders/transport/tcp_options.cc
  decoders/transport/udp.cc
  decoders/tunnel/udp_tunnels.cc
  engine/capture/pcap_writer.cc
  engine/live/control/control_text.cc
  engine/live/sources/af_packet_socket.cc
  engine/pipeline/packet_rewrite.cc
  rules/keywords/file_conditions.cc
  rules/keywords/flow.cc
  rules/keywords/flowint.cc
  rules/keywords/http_response.cc
  rules/keywords/tcp_header.cc
  rules/keywords/tls_validity.cc
  rules/keywords/tls_version.cc
  tests/engine/app/due_transactions_test.cc
  tests/engine/detect/detect_test.cc
  tests/engine/live/confine/sandbox_test.cc
  tests/engine/live/control/metrics_test.cc
  tests/engine/pipeline/pipeline_counters_test.cc
  tests/engine/pipeline/pipeline_decide_test.cc
  tests/engine/pipeline/pipeline_reload_test.cc
  tests/engine/pipeline/pipeline_test.cc
  tests/engine/pipeline/protocol_change_test.cc
  tests/engine/pipeline/rejection_test.cc
  tests/engine/ruleset/rule_setup_test.cc
  tests/output/eve_frame_test.cc
  tests/output/json_writer_test.cc
  tests/rules/prefilter/pattern_set_test.cc
  tests/rules/set/rule_set_test.cc
  tests/rules/state/tags_test.cc
  tests/rules/values/port_set_test.cc
)
foreach(source IN LISTS WEIR_ALONE)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${source})
    message(FATAL_ERROR "cmake/unity.cmake names ${source}, which is not there")
  endif()
endforeach()

# The names of protocols, which files in rules/keywords and output/eve begin with.
file(STRINGS ${CMAKE_SOURCE_DIR}/decoders/app/protocols.def WEIR_PROTOCOLS REGEX "^PROTOCOL\\(")
list(TRANSFORM WEIR_PROTOCOLS REPLACE "^PROTOCOL\\((.*)\\).*$" "\\1")

# weir_precompile(TARGET): it does not read the headers of others again that most of ours include, but what the compiler has made
# of them for all targets with the same flags: a second of a processor for each file in the sanitised trees, half of one in
# the release tree. Here only, so that the trees of developers tell when a file does not include what it uses.
function(weir_precompile target)
  set(made weir_headers)
  foreach(property WEIR_CONDUCTS WEIR_UNOPTIMISED WEIR_IS_TEST)
    get_target_property(${property} ${target} ${property})
    if(${property})
      string(APPEND made _${property})
    endif()
  endforeach()
  if(NOT TARGET ${made})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/headers.cc CONTENT "// Of the target that compiles headers.\n")
    add_library(${made} OBJECT ${CMAKE_BINARY_DIR}/generated/headers.cc)
    target_link_libraries(${made} PRIVATE weir_flags fmt::fmt)
    set_target_properties(${made} PROPERTIES WEIR_CONDUCTS "${WEIR_CONDUCTS}"
      WEIR_UNOPTIMISED "${WEIR_UNOPTIMISED}" WEIR_IS_TEST "${WEIR_IS_TEST}")
    if(WEIR_UNOPTIMISED)
      target_compile_options(${made} PRIVATE -O0)
    endif()
    # So that the same headers make the same file, which ccache knows again.
    target_compile_options(${made} PRIVATE "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    target_precompile_headers(${made} PRIVATE <algorithm> <array> <chrono> <cstdint> <cstring> <functional> <map> <memory>
      <optional> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${made})
endfunction()

function(weir_unite directory)
  get_property(folders DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    weir_unite(${folder})
  endforeach()
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      weir_unite_target(${target})
    endif()
  endforeach()
endfunction()

function(weir_unite_target target)
  get_target_property(sources ${target} SOURCES)
  get_target_property(home ${target} SOURCE_DIR)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  weir_precompile(${target})
  # GCC takes files that are included for headers, in which such a member would be wrong.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${home})
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE path)
    if(path IN_LIST WEIR_ALONE)
      set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      continue()
    endif()
    cmake_path(GET path PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER "${folder}" group)
    if(path MATCHES "^decoders/app/[^/]+/protocol\\.cc$")
      set(group decoders_app_rows)
    endif()
    if(folder MATCHES "keywords$|eve$")
      cmake_path(GET source STEM name)
      string(REGEX REPLACE "_.*" "" prefix ${name})
      set(alike ${sources})
      list(FILTER alike INCLUDE REGEX "/${prefix}_")
      list(LENGTH alike count)
      if(count GREATER 2 OR prefix IN_LIST WEIR_PROTOCOLS)
        string(APPEND group "_${prefix}")
      endif()
    endif()
    math(EXPR filled_${group} "0${filled_${group}} + 1")
    math(EXPR part "(${filled_${group}} - 1) / 12")
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP "${group}_${part}")
  endforeach()
endfunction()
