# SPDX-License-Identifier: Apache-2.0
# Debian 12 packages (tools/deps.txt lists them), as imported targets named superspan::NAME.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(DPDK REQUIRED IMPORTED_TARGET libdpdk)

# libopenvswitch: only the OpenFlow codec of it; built once outside the build folder.
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/build-openvswitch.sh OUTPUT_VARIABLE SUPERSPAN_OVS_DIR
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
add_library(superspan_openvswitch INTERFACE)
target_include_directories(superspan_openvswitch SYSTEM INTERFACE ${SUPERSPAN_OVS_DIR} ${SUPERSPAN_OVS_DIR}/include
                                                                   ${SUPERSPAN_OVS_DIR}/lib)
target_link_libraries(superspan_openvswitch INTERFACE ${SUPERSPAN_OVS_DIR}/lib/.libs/libopenvswitch.a Threads::Threads
                                                      m rt)
add_library(superspan::openvswitch ALIAS superspan_openvswitch)
