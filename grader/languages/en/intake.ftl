# What was handed in, and what of it cannot be taken (grader/intake).

## Why nothing can be taken from a submission

nothing_taken = nothing could be taken from it: { $why }
is_a_link = { $file } is a link; hand in the files themselves
is_no_file = { $file } is neither a file nor a folder
archive_too_large = { $file } has { $bytes } bytes; { $allowed } are allowed
archive_unknown = { $file } cannot be read: hand in a .zip or a .tar.gz
archive_broken = { $file } cannot be read: { $message }
archive_encrypted = { $file } is encrypted in its archive: pack it without a password
ends_too_early = the archive ends too early; it was not uploaded whole
unpacks_too_large = the archive unpacks to more than { $allowed } bytes
too_many_pieces = the archive is compressed in more than { $allowed } pieces
too_many_files = there are more than { $allowed } files in it
too_many_names = there are more than { $allowed } files in it, or their names are far too long
too_many_folders = its folders are nested more than { $allowed } deep
member_too_large = a file in it has more than 8 GB
nothing_in_it = there is nothing in it
none_in_it = none of { $files } is in it
of_a_class = it holds the hand-ins of several students: unpack it, or type make collect
not_opened = { $file } is an archive in what was handed in, and was not opened
more_not_opened = and { $count ->
    [one] { $count } more archive
   *[other] { $count } more archives
} not opened

## Why the machine does not give a submission

unreadable = { $file } cannot be read: { $why }
inside = { $file }: { $why }
leads_nowhere = it is a link that leads nowhere
changes_meanwhile = it changes while it is read; grade it again once it is all there

## What is not taken of a submission

refused_link = refused: { $file } is a link or no regular file
refused_path = refused: { $file } lies outside of the folder
refused_name = refused: { $file } has a name that is too long or cannot be printed
refused_method = refused: { $file } is packed with another method than deflate
more_refused = and { $count } more refused
in_it_twice = { $file } is in it more than once; the last one counts
not_taken = { $file } has { $bytes } bytes; { $allowed } are allowed: it was not taken
not_in_it = { $file } is missing
ignored = not in lab.toml, ignored: { $file }
more_ignored = and { $count ->
    [one] { $count } more file
   *[other] { $count } more files
} ignored
manifest_unreadable = { $file } cannot be read
changed_after_packing = { $file } was changed after it was packed ({ $manifest } has another hash)
more_changed = and { $count ->
    [one] { $count } more file was
   *[other] { $count } more files were
} changed after packing

## The report

notebook_broken = { $file } cannot be read as a notebook: { $message }
notebook_format = { $file } is a notebook of format { $format }; format { $wanted } can be read
notebook_too_large = { $file } has more than { $parts } cells, outputs and other parts: it was not read
answer_cells_missing = { $file } lacks the answer cells { $cells }: look for these answers in its other cells
answer_cells_twice = { $file } has the answer cells { $cells } more than once: what stands in them is shown together
answer_cells_retyped = { $file } has the answer cells { $cells } as cells of another type: what stands in them counts
locked_cells_changed = { $file } has other text in the lab's own cells { $cells }: it is shown beside them
answer_missing = (Nothing was handed in for this part.)
answer_in_text = (The report was handed in as { $file }: it stands above, before the first question.)
pictures_missing = { $files } not handed in
output_as_saved = (as it was handed in:)
two_reports = { $file } counts, not { $other }
cell_ended = { $file }, cell { $number } did not come to an end: { $why }. The cells after it were not run
cell_output_cut = { $file }, cell { $number } writes more than is kept: the rest was cut
cell_raised = { $file }, cell { $number } fails where it is graded: { $why }
not_run = { $file } was not run: { $why }

## Where submissions lie

newest_counts = { $count } submissions: { $name } is the newest and counts, not { $others }
newest_claimed = { $count } submissions with different contents: { $name } says that it is the newest and was graded, not { $others }; nothing but their names says whose they are
versions_differ = { $count } submissions with different contents, and nothing says which is the newest: { $name } was graded, not { $others }; remove those that do not count
newer_uploads = uploaded again, so these do not count: { $others }
newest_inside = { $name } is the newest version in it and counts, not { $others }
versions_inside = { $name } and { $others } hold different versions, and nothing says which is the newest: { $name } was graded; remove what does not count
not_a_version = none of the lab's files is in { $files }
from_the_future = { $file } says that it was packed in the future: is it this student's, and is the clock right?
lies_beside = beside it, and nothing of the lab's in it: { $files }
shared_login = { $login } is a login name that many have: who handed this in? Give it the student's name
not_signed = it is not signed: is it this student's?
not_signed_either = not signed, so it does not count: { $files }
signed_wrongly = its signature is not one that the course's key allows: is it this student's?
signed_by_another = it is signed by { $student }: whose is it?
changed_after_signing = it was signed, and changed after that: is it this student's?
nobodys = { $file } was not graded: nothing says whose it is; put it into a folder with the student's name
gradescopes_list = { $file } was not graded: it is Gradescope's list of who is who, which make collect FROM=gradescope reads
of_other_labs = not graded, since of other labs: { $names }
left_by_tools = not graded, since made by an operating system or a tool: { $names }
names_alike = another submission's name differs only in case, or in how accents are encoded: is it one person? On a disk that does not tell the two names apart, one result replaces the other
submissions_no_folder = { $folder } is no folder: SUBMISSIONS=... names the folder that holds a folder or an archive for each student
submissions_unreadable = { $folder } cannot be read: { $reason }
no_submission = there is no submission in { $folder }: a folder or an archive (.zip, .tar.gz) for each student
no_submission_among = there is no submission in { $folder }: a folder or an archive (.zip, .tar.gz) for each student. { $left }

## intake/collect.py: what a platform's export holds

not_placed = { $file } could not be placed: nothing says whose it is
not_in_roster = not in the roster
several_in_roster = several of the roster could be meant: { $students }
several_accounts = several accounts could be { $student }'s
handed_nothing_in = handed nothing in
