// RUN: plmr-opt %s -split-input-file -plmr-allocate-colours -verify-diagnostics

// expected-error @below {{expected at most 12 colours, what tiny has, but the channels need 14 (3 along x, 11 along y); fewer rows or columns, a reduction tree of fewer flows or the device 'lab' would do}}
plmr.mesh @mesh 9 x 9 on "tiny"
// expected-note @below {{'r': ring along y}}
plmr.channel @r #plmr.relation<ring y>
// expected-note @below {{'s': ring along x}}
plmr.channel @s #plmr.relation<ring x>
// expected-note @below {{'c': ktree of 3, 3 along y}}
plmr.channel @c #plmr.relation<tree y of <ktree [3, 3]>>
// expected-note @below {{'b': broadcast of ktree of 3, 3 along y}}
plmr.channel @b #plmr.relation<broadcast y of <ktree [3, 3]>>
// expected-note @below {{'u': up along y}}
plmr.channel @u #plmr.relation<up y>
// expected-note @below {{'d': down along y in 2 segments}}
plmr.channel @d #plmr.relation<down y segments 2>

// -----

// Every table has to fit by itself: here the one of epoch 1 does not.
// expected-error @below {{expected at most 12 colours, what tiny has, but the channels need 13 (8 along x, 5 along y); fewer rows or columns, a reduction tree of fewer flows or the device 'lab' would do}}
plmr.mesh @mesh 9 x 9 on "tiny"
plmr.channel @fits #plmr.relation<ring y> in "prefill"
// expected-note @below {{'r': ring along y}}
plmr.channel @r #plmr.relation<ring y> in "prefill" epoch 1
// expected-note @below {{'u': up along y}}
plmr.channel @u #plmr.relation<up y> in "prefill" epoch 1
// expected-note @below {{'s': ring along x}}
plmr.channel @s #plmr.relation<ring x> in "prefill" epoch 1
// expected-note @below {{'v': up along x}}
plmr.channel @v #plmr.relation<up x> in "prefill" epoch 1
// expected-note @below {{'t': ring along x}}
plmr.channel @t #plmr.relation<ring x> in "prefill" epoch 1
