//! CelebA's layout.

use super::{Folder, ids, jpeg, open, strict};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::atomic::{AtomicUsize, Ordering};
use stgan_train::data::augment::Perturbation;
use stgan_train::data::{self, DataSettings, Pool, landmarks};

/// Twelve images in CelebA's layout: 1 … 7 for training, 8 … 10 for validation, 11 and 12 for
/// testing. Every third person has glasses.
pub(super) fn celeba(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut attributes = "12\n5_o_Clock_Shadow Eyeglasses Young \n".to_owned();
    let (mut parts, mut eyes, mut identities) = (String::new(), String::new(), String::new());
    for i in 1..=12u64 {
        let file = format!("{i:06}.jpg");
        folder.write(&format!("img_align_celeba/{file}"), jpeg(i, 178));
        let glasses = if i.is_multiple_of(3) { " 1" } else { "-1" };
        attributes += &format!("{file} -1 {glasses}  1\n");
        parts += &format!("{file} {}\n", usize::from(i > 7) + usize::from(i > 10));
        eyes += &format!("{file}    69  111   108  {}   88  135   72  152  107  152\n", 108 + i);
        identities += &format!("{file} {}\n", 2880 + if i == 5 { 4 } else { i });
    }
    folder.write("list_attr_celeba.txt", attributes);
    folder.write("list_eval_partition.txt", parts);
    let names =
        "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y";
    folder.write("list_landmarks_align_celeba.txt", format!("12\n{names} \n{eyes}"));
    folder.write("identity_CelebA.txt", identities);
    folder
}

#[test]
fn celeba_is_read_in_its_original_layout() {
    let folder = celeba("celeba");
    let heard = [const { AtomicUsize::new(0) }; 2];
    let data = data::open(Some(&folder.0), &strict(), &|done, total| {
        heard[0].fetch_add(done, Ordering::Relaxed);
        heard[1].store(total, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!(ids(&data.without_glasses), ["01", "02", "04", "05", "07"]);
    assert_eq!(ids(&data.with_glasses), ["03", "06"]);
    assert_eq!(
        (ids(&data.validation_without_glasses), ids(&data.validation_with_glasses)),
        (vec!["08", "10"], vec!["09"])
    );
    assert!(data.problems.is_empty());
    assert_eq!(heard.map(AtomicUsize::into_inner), [55, 10]);
    let face = &data.without_glasses.faces()[0];
    assert_eq!((face.person.as_str(), face.size, face.yaw), ("2881", (178, 218), None));
    // Eyes from the list, temples of an average face.
    let target = face.target.unwrap();
    assert_eq!((target[0], target[1]), ([69.5, 111.5], [108.5, 109.5]));
    assert!(
        (landmarks::distance(target[2], target[3]) / landmarks::distance(target[0], target[1]) - 0.613 / 0.278).abs()
            < 1e-9
    );

    // Without landmarks, the crop is CelebA's: a square around (89, 124) with half side 72.
    std::fs::remove_file(folder.0.join("list_landmarks_align_celeba.txt")).unwrap();
    std::fs::remove_file(folder.0.join("identity_CelebA.txt")).unwrap();
    let data = open(&folder, &strict()).unwrap();
    let face = &data.without_glasses.faces()[0];
    assert_eq!((face.target, face.person.as_str()), (None, "000001.jpg"));
    let crop = face.placement.to_photo().unwrap();
    for (canonical, pixel) in [([0.0, 0.0], [89.0, 124.0]), ([1.0, -1.0], [161.0, 52.0])] {
        assert!(landmarks::distance(crop.apply(canonical), pixel) < 1e-9);
    }
    let test = DataSettings { splits: vec!["test".into()], validation: String::new(), ..strict() };
    let data = open(&folder, &test).unwrap();
    assert_eq!(
        (ids(&data.without_glasses), ids(&data.with_glasses), data.validation_without_glasses.len()),
        (vec!["11"], vec!["12"], 0)
    );
}

#[test]
fn celeba_is_read_in_the_layout_of_mirrors() {
    let folder = celeba("celeba-csv");
    for (stem, header) in [
        ("list_attr_celeba", "image_id,5_o_Clock_Shadow,Eyeglasses,Young"),
        ("list_eval_partition", "image_id,partition"),
        (
            "list_landmarks_align_celeba",
            "image_id,lefteye_x,lefteye_y,righteye_x,righteye_y,nose_x,nose_y,leftmouth_x,leftmouth_y,rightmouth_x,rightmouth_y",
        ),
    ] {
        let text = folder.read(&format!("{stem}.txt"));
        let rows = text.lines().filter(|line| line.contains(".jpg"));
        let rows: Vec<String> = rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(",")).collect();
        folder.write(&format!("{stem}.csv"), format!("{header}\n{}\n", rows.join("\n")));
        std::fs::remove_file(folder.0.join(format!("{stem}.txt"))).unwrap();
    }
    let inner = folder.0.join("moved");
    std::fs::rename(folder.0.join("img_align_celeba"), &inner).unwrap();
    std::fs::create_dir(folder.0.join("img_align_celeba")).unwrap();
    std::fs::rename(inner, folder.0.join("img_align_celeba/img_align_celeba")).unwrap();
    let data = open(&folder, &strict()).unwrap();
    assert_eq!(ids(&data.without_glasses), ["01", "02", "04", "05", "07"]);
    assert_eq!(ids(&data.with_glasses), ["03", "06"]);
    assert_eq!(data.without_glasses.faces()[0].target.unwrap()[0], [69.5, 111.5]);
}

#[test]
fn streamed_pools_and_pools_in_memory_give_equal_examples() {
    let folder = celeba("streamed");
    let streamed = open(&folder, &DataSettings { keep_in_memory_below: 0, ..strict() }).unwrap();
    let kept = open(&folder, &strict()).unwrap();
    assert!(streamed.without_glasses.is_streamed() && !kept.without_glasses.is_streamed());
    let by = Perturbation { colour: true, warp: 0.1, warped_share: 0.5, ..Perturbation::DROPPED };
    let example = |pool: &Pool, i: usize, seed: u64| {
        pool.subject(i).unwrap().example(36, &by, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    };
    for i in 0..kept.without_glasses.len() {
        let first = example(&streamed.without_glasses, i, 5);
        assert!(first == example(&streamed.without_glasses, i, 5) && first == example(&kept.without_glasses, i, 5));
        assert!(first != example(&kept.without_glasses, i, 6));
    }
    // A file that disappears later causes an error, not a panic.
    std::fs::remove_file(folder.0.join("img_align_celeba/000001.jpg")).unwrap();
    assert_eq!(streamed.without_glasses.subject(0).unwrap_err().code(), "io");
    assert!(kept.without_glasses.subject(0).is_ok());
}

#[test]
fn unusable_files_of_celeba_are_skipped_or_rejected_by_name() {
    let folder = celeba("celeba-broken");
    let image = |i: u32| format!("img_align_celeba/{i:06}.jpg");
    let whole = std::fs::read(folder.0.join(image(2))).unwrap();
    folder.write(&image(1), b"");
    folder.write(&image(2), &whole[..whole.len() / 2]);
    folder.write(&image(3), b"GIF89a, says the file");
    std::fs::remove_file(folder.0.join(image(4))).unwrap();
    folder.edit("list_eval_partition.txt", "000005.jpg 0", "000005.jpg 7");
    folder.edit("list_attr_celeba.txt", "000006.jpg -1  1", "000006.jpg -1  yes");
    folder.edit("list_landmarks_align_celeba.txt", "000008.jpg    69", "000008.jpg   169");
    folder.edit("list_attr_celeba.txt", "12\n", "13\n");
    let data = open(&folder, &DataSettings::default()).unwrap();
    assert_eq!(
        (ids(&data.without_glasses), data.with_glasses.len(), ids(&data.validation_without_glasses)),
        (vec!["07"], 0, vec!["10"])
    );
    let named: Vec<String> = data.problems.iter().map(ToString::to_string).collect();
    for wanted in [
        "000001.jpg: the file is empty",
        "000002.jpg: cannot decode",
        "000003.jpg: cannot decode",
        "000004.jpg: No such file",
        "000005.jpg: list_eval_partition has \"7\"",
        "Eyeglasses is \"yes\"",
        "000008.jpg: invalid landmarks",
        "list_attr_celeba.txt: the list has 12 rows, but its first line says 13",
    ] {
        assert!(named.iter().any(|line| line.contains(wanted)), "{wanted:?} is not in {named:#?}");
    }
    assert_eq!(named.len(), 8, "{named:#?}");
    assert!(data.summary().contains("8 skipped") && data.summary().contains("and 3 more"), "{}", data.summary());
    let error = open(&folder, &strict()).unwrap_err();
    assert!(error.code() == "data" && error.to_string().contains("also"), "{error}");

    // No usable face is left.
    for i in [7, 10] {
        folder.write(&image(i), b"");
    }
    let error = open(&folder, &DataSettings::default()).unwrap_err().to_string();
    assert!(error.contains("no faces without glasses in split train; 10 cannot be used"), "{error}");
}

#[test]
fn an_incomplete_or_inconsistent_celeba_folder_is_rejected() {
    let error = |change: &dyn Fn(&Folder)| {
        let folder = celeba("celeba-unusable");
        change(&folder);
        open(&folder, &DataSettings::default()).unwrap_err().to_string()
    };
    let remove = |name: &'static str| move |folder: &Folder| std::fs::remove_file(folder.0.join(name)).unwrap();
    for (found, named) in [
        (error(&remove("list_attr_celeba.txt")), "neither labels.csv nor CelebA's"),
        (error(&remove("list_eval_partition.txt")), "list_eval_partition"),
        (error(&|f| std::fs::remove_dir_all(f.0.join("img_align_celeba")).unwrap()), "img_align_celeba"),
        (error(&|f| f.edit("list_attr_celeba.txt", "Eyeglasses", "Goggles")), "Eyeglasses"),
        (error(&|f| f.edit("list_landmarks_align_celeba.txt", "lefteye_x", "left")), "lefteye_x"),
        (error(&|f| f.write("list_attr_celeba.txt", [0xff, 0xfe, 0x00])), "not UTF-8 text"),
        // An identity in two splits is an error even if unusable rows are skipped.
        (error(&|f| f.edit("identity_CelebA.txt", "000008.jpg 2888", "000008.jpg 2882")), "person 2882"),
    ] {
        assert!(found.contains(named), "{found}");
    }
}
