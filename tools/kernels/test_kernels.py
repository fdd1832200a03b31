#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what needs no compiler here: reading recorded output, comparing tables, promises."""

import sys
import unittest

sys.dont_write_bytecode = True
from parse import Resources, parse_ptx, parse_ptxas, shorten  # noqa: E402
from promises import calls, judge, parse_promises, wrappers_of  # noqa: E402
from report import HARMLESS, MOST_VARIANTS, Variant, excess, find_clashes  # noqa: E402
from steady import Steady, counted, examine, limit_of, loops, parse_sass  # noqa: E402
from table import Row, compare, parse, render, rows_of  # noqa: E402

PTXAS = """\
ptxas info    : 24 bytes gmem, 8 bytes cmem[4]
ptxas info    : Compiling entry function 'spilling' for 'sm_80'
ptxas info    : Function properties for spilling
    376 bytes stack frame, 432 bytes spill stores, 440 bytes spill loads
ptxas info    : Used 32 registers, used 1 barriers, \
376 bytes cumulative stack size, 368 bytes cmem[0]
ptxas info    : Compile time = 18.559 ms
ptxas info    : Compiling entry function 'calling' for 'sm_80'
ptxas info    : Function properties for calling
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 38 registers, used 2 barriers, \
256 bytes smem, 360 bytes cmem[0], 8 bytes cmem[2]
ptxas info    : Compile time = 20.019 ms
ptxas info    : Function properties for called
    800 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas warning : Value of threads per SM for entry spilling is out of range. \
.minnctapersm will be ignored
"""

PTX = """\
.version 9.0
.target sm_90
.func  (.param .b64 func_retval0) called
(
\t.param .b64 called_param_0
)
;
.visible .entry bounded(
\t.param .u64 .ptr .align 1 bounded_param_0
)
.maxntid 16, 8, 2
.minnctapersm 8
{
\t// begin inline asm
\t{
.reg .pred p;
}
\t// end inline asm
\tst.global.v4.b32 \t[%rd1], {%r1, %r2, %r3, %r4};
\tret;
}
.func  (.param .b64 func_retval0) called()
{
\tst.local.b64 \t[%rd1], 0;
}
\t// .globl\tunbounded
.weak .entry unbounded()
{
\tgriddepcontrol.wait;
\tret;
}
"""

WRAPPERS = """\
// PTX: st\\.global\\.v4
// no PTX sm_80: griddepcontrol
// PTX sm_90: griddepcontrol\\.wait
extern "C" JSNORM_KERNEL(32, 1) bounded(float *p) {}
extern "C" JSNORM_KERNEL(32, 1) silent(float *p) {}
"""


# A loop of two loads ahead of their arithmetic, a rare correction that branches off, and a tail.
SASS = """\
        code for sm_90
        /*0000*/                   LDC R1, c[0x0][0x28] ;
        /*0010*/              @!P0 BRA 0x00b0 ;
        /*0020*/                   LDG.E.128 R4, desc[UR4][R2.64] ;
        /*0030*/                   LDG.E.128 R8, desc[UR4][R2.64+0x10] ;
        /*0040*/                   HADD2.F32 R12, -RZ, R4.H0_H0 ;
        /*0050*/               @P1 BRA 0x0080 ;
        /*0060*/                   CALL.REL.NOINC 0x00d0 ;
        /*0070*/                   IMAD.MOV.U32 R3, RZ, RZ, R1 ;
        /*0080*/                   FADD R12, R12, R8 ;
        /*0090*/                   BAR.SYNC.DEFER_BLOCKING 0x0 ;
        /*00a0*/               @P2 BRA 0x0020 ;
        /*00b0*/                   STG.E.128 desc[UR4][R2.64], R4 ;
        /*00c0*/                   EXIT ;
        /*00d0*/                   BRA 0x00d0;
"""


def variant(name="f<half>", source="a.cu", **used):
    return Variant(name, source, 256, Resources(**{"registers": 32, "shared": 96, **used}), 8)


class Ptxas(unittest.TestCase):
    def setUp(self):
        self.log = parse_ptxas(PTXAS)

    def test_each_kernel_has_its_own_resources(self):
        self.assertEqual(self.log.kernels, {
            "spilling": Resources(registers=32, barriers=1, constant=368, stack=376,
                                  spill_stores=432, spill_loads=440),
            "calling": Resources(registers=38, barriers=2, shared=256, constant=368)})

    def test_a_function_that_is_no_kernel_is_told_apart(self):
        self.assertEqual(self.log.functions, {"called": Resources(stack=800)})

    def test_warnings_are_kept(self):
        self.assertEqual(len(self.log.warnings), 1)
        self.assertIn(HARMLESS, self.log.warnings[0])

    def test_local_memory_is_read(self):
        text = PTXAS.replace("256 bytes smem", "16+0 bytes lmem, 256+16 bytes smem")
        used = parse_ptxas(text).kernels["calling"]
        self.assertEqual((used.local, used.shared), (16, 256))


class Ptx(unittest.TestCase):
    def test_bounds_are_those_of_the_kernel(self):
        entries = parse_ptx(PTX)
        self.assertEqual(list(entries), ["bounded", "unbounded"])
        self.assertEqual((entries["bounded"].max_threads, entries["bounded"].min_blocks), (256, 8))
        self.assertIsNone(entries["unbounded"].max_threads)
        self.assertIsNone(entries["unbounded"].min_blocks)

    def test_what_follows_a_kernel_is_not_of_it(self):
        text = parse_ptx(PTX)["bounded"].text
        self.assertNotIn("st.local", text)
        self.assertNotIn("griddepcontrol", text)

    def test_assembly_with_braces_does_not_end_a_kernel(self):
        self.assertIn("st.global.v4", parse_ptx(PTX)["bounded"].text)


class Names(unittest.TestCase):
    def test_names_lose_what_the_reader_knows(self):
        for name, short in (
                ("jsnorm::gpu::rows_statistics<jsnorm::Half, 128>", "rows_statistics<half, 128>"),
                ("f<jsnorm::BFloat16, 4u, -1, true>", "f<bfloat16, 4, -1, true>"),
                ("f<8ul, (jsnorm::gpu::Scope)1>", "f<8, Scope(1)>"),
                ("(anonymous namespace)::f<(anonymous namespace)::P<float> >", "f<P<float>>"),
                ("load_vec_16", "load_vec_16")):
            self.assertEqual(shorten(name), short)


class Gate(unittest.TestCase):
    def test_every_use_of_memory_as_registers_is_named(self):
        self.assertEqual(excess("f", Resources(registers=255, shared=4096)), [])
        for field in ("stack", "local", "spill_stores", "spill_loads"):
            self.assertEqual(len(excess("f", Resources(**{field: 8}))), 1, field)

    def test_a_kernel_compiled_in_two_sources_is_found(self):
        self.assertEqual(find_clashes([variant(), variant("g")]), [])
        self.assertEqual(find_clashes([variant(), variant(source="b.cu")]),
                         ["f<half>: both in a.cu and in b.cu"])

    def test_one_variant_too_many_is_found(self):
        most = [variant(f"f<{index}>") for index in range(MOST_VARIANTS)]
        self.assertEqual(find_clashes(most), [])
        self.assertEqual(len(find_clashes([*most, variant("g")])), 1)


class Table(unittest.TestCase):
    def setUp(self):
        self.measured = {"sm_80": {"f<half>": variant()},
                         "sm_90": {"f<half>": variant(registers=40), "g": variant("g")}}
        self.committed = parse(render(self.measured, "13.0"))

    def fresh(self, registers):
        return {"sm_80": {"f<half>": Row(registers, 96, 8, 100)}}

    def test_what_is_written_is_read_back(self):
        self.assertEqual(self.committed, rows_of(self.measured))
        self.assertEqual(self.committed["sm_80"], {"f<half>": Row(32, 96, 8, 100)})

    def test_the_same_kernels_pass(self):
        self.assertEqual(compare(self.committed, rows_of(self.measured)), ([], []))

    def test_growth_fails_beyond_both_bounds(self):
        for before, after, fails in ((32, 36, False), (32, 37, True), (16, 20, False),
                                     (16, 21, True), (64, 70, False), (64, 71, True)):
            problems, notes = compare(self.fresh(before), self.fresh(after))
            self.assertEqual((len(problems), len(notes)), (1, 0) if fails else (0, 1), after)

    def test_fewer_registers_are_only_noted(self):
        problems, notes = compare(self.committed, self.fresh(20))
        self.assertEqual((problems, len(notes)), ([], 1))

    def test_new_and_missing_variants_are_found(self):
        fresh = {"sm_90": {"f<half>": Row(40, 96, 8, 100), "h": Row(32, 96, 8, 100)}}
        problems, _ = compare(self.committed, fresh)
        self.assertEqual(problems, ["sm_90: h: not in the table",
                                    "sm_90: g: in the table, not compiled"])

    def test_only_the_architectures_at_hand_are_compared(self):
        problems, _ = compare(self.committed, self.fresh(32))
        self.assertEqual(problems, [])
        problems, _ = compare(self.committed, {"sm_100": {}})
        self.assertEqual(problems, ["sm_100: not in the table"])


class SteadyState(unittest.TestCase):
    def setUp(self):
        self.code = parse_sass(SASS)

    def test_instructions_are_read(self):
        self.assertEqual(len(self.code), 14)
        self.assertEqual((self.code[1].predicate, self.code[1].target()), ("@!P0", 0xb0))
        self.assertEqual([i.opcode for i in self.code if i.is_wide("LDG")], ["LDG.E.128"] * 2)

    def test_the_loop_is_found_and_the_correction_left_out(self):
        self.assertEqual(loops(self.code)[0], (2, 10))
        self.assertEqual(examine(self.code, "LDG"),
                         Steady(instructions=7, accesses=2, in_flight=2, barriers=1, looping=True))

    def test_a_kernel_without_a_loop_is_counted_whole(self):
        self.assertEqual(examine(self.code, "STG"),
                         Steady(instructions=11, accesses=1, in_flight=2, barriers=1,
                                looping=False))

    def test_a_load_is_under_way_until_it_is_used(self):
        for changed in (SASS.replace("R8, desc", "R4, desc"),  # the same registers
                        SASS.replace("R2.64+0x10", "R4.64")):  # an address that was loaded
            self.assertEqual(examine(parse_sass(changed), "LDG").in_flight, 1)

    def test_names_tell_type_and_operands(self):
        self.assertEqual(counted("columns_statistics<half>"), ("LDG", 1, 8))
        self.assertEqual(counted("rows_gradient_sums<float, 128>"), ("LDG", 2, 4))
        self.assertIsNone(counted("finalize_forward<half>"))

    def test_plain_kernels_of_columns_and_planes_have_limits(self):
        self.assertEqual(limit_of("columns_statistics<half, ColumnPath(0)>"), 8)
        self.assertEqual(limit_of("planes_apply_forward<float>"), 6)
        self.assertEqual(limit_of("columns_gradient_sums<bfloat16, ColumnPath(0)>"), 12)
        for other in ("columns_statistics<half, ColumnPath(1)>", "planes_apply_forward<double>",
                      "rows_statistics<half, 32>", "finalize_forward<half>"):
            self.assertIsNone(limit_of(other))


class Promises(unittest.TestCase):
    def test_a_promise_belongs_to_the_kernel_below_it(self):
        promises, silent = parse_promises(WRAPPERS)
        self.assertEqual([(p.kernel, p.arch, p.wanted) for p in promises],
                         [("bounded", None, True), ("bounded", "sm_80", False),
                          ("bounded", "sm_90", True)])
        self.assertEqual(silent, ["silent"])

    def test_broken_promises_are_found(self):
        promises, _ = parse_promises(WRAPPERS)
        entries = parse_ptx(PTX)
        self.assertEqual(judge(promises, "sm_80", entries), [])
        self.assertEqual(judge(promises, "sm_90", entries),
                         ["sm_90: bounded: lacks griddepcontrol\\.wait"])
        entries = parse_ptx(PTX.replace("st.global.v4", "griddepcontrol.wait;\n\tst.global"))
        self.assertEqual(judge(promises, "sm_80", entries),
                         ["sm_80: bounded: lacks st\\.global\\.v4",
                          "sm_80: bounded: has griddepcontrol"])
        self.assertEqual(len(judge(promises, "sm_90", {})), 2)

    def test_wrappers_are_found_in_the_header(self):
        header = ("namespace detail {\nstruct S {\n};\nJSNORM_DEVICE int hidden(int) {\n}\n}"
                  "  // namespace detail\n"
                  "JSNORM_DEVICE void store(int) {\n    call(1);\n}\n"
                  "template <class T>\nJSNORM_DEVICE T *cluster_map(T *p, uint32_t rank) {\n}\n")
        self.assertEqual(wrappers_of(header), ["cluster_map", "store"])

    def test_a_call_is_more_than_a_mention(self):
        self.assertTrue(calls("store(out, load_vec<4>(in));", "load_vec"))
        self.assertTrue(calls("store(out, load_vec<4>(in));", "store"))
        self.assertFalse(calls("// load\nload_vec<4>(in);", "load"))


if __name__ == "__main__":
    unittest.main()
